"""Does every test that the threat table names exist?"""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import REPOSITORY

_ROW = re.compile(r"^\| (?P<threat>[^|]+) \| [^|]+ \| `(?P<file>[a-z_/]+\.py)::(?P<test>test_\w+)` \|$", re.MULTILINE)
_NUMBERS = {f"S{number}" for number in (1, 2, 3, 4, 5, 11, 12, 16, 17, 18, 19, 20, 21, 23, 24)}


def section() -> str:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.partition("## Threats and their tests")[2].partition("\n## ")[0]


ROWS = [(found["file"], found["test"]) for found in _ROW.finditer(section())]


@pytest.mark.parametrize(("file", "test"), ROWS)
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    tree = ast.parse((REPOSITORY / "tests" / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_its_row() -> None:
    rows = [line for line in section().splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(rows) - 1
    assert set(re.findall(r"S\d+", section())) >= _NUMBERS
