"""Compiled loops: nothing of another file is frozen into them, and they run where nothing can be kept."""

from __future__ import annotations

import ast
import builtins
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LIBRARIES = {"np", "math"}


def loops_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("'compiled'" in ast.dump(one) for one in node.decorator_list)
    ]


def foreign_names(tree: ast.Module) -> set[str]:
    """What the bodies of compiled functions take from other modules of the project."""
    imported = {
        alias.asname or alias.name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {
        name.id
        for loop in loops_of(tree)
        for statement in loop.body
        for name in ast.walk(statement)
        if isinstance(name, ast.Name)
    }
    return used & imported - LIBRARIES - set(dir(builtins))


FILES = sorted(
    path for path in (REPOSITORY / "processors").rglob("*.py") if loops_of(ast.parse(path.read_text(encoding="utf-8")))
)


def test_there_are_loops() -> None:
    assert {"elementary.py", "features.py", "id_table.py", "text_loops.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_loop_uses_its_own_file_only(path: Path) -> None:
    assert foreign_names(ast.parse(path.read_text(encoding="utf-8"))) == set()


def test_what_another_file_defines_is_found() -> None:
    source = "from a import b\nimport math\n@compiled(float64)\ndef loop(x):\n    return math.sqrt(x) + b\n"
    assert foreign_names(ast.parse(source)) == {"b"}


LOOP = """
from processors.learners.compiled import compiled, float64

@compiled(float64)
def doubled(value: float) -> float:
    return 2.0 * value

print(doubled(21.0), len(doubled.signatures))
"""


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(LOOP, encoding="utf-8")
    nowhere = tmp_path / "__pycache__"  # a file where a folder is wanted
    nowhere.write_bytes(b"")
    run = subprocess.run(
        [sys.executable, tmp_path / "loop.py"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["42.0", "1"]
