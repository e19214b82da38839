"""Does the code stay small, plain and free of what it must not hold?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, REPOSITORY, definitions, imported, length, modules, texts, tree

MODULE_LINES = {"tests": 500}
MODULE_LINES_ELSEWHERE = 400
FUNCTION_LINES = 40
CLASS_LINES = 230

_LOADERS = ("pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve")
_MOCKS = ("unittest.mock", "mock", "pytest_mock")
# Said in pieces, so that this file does not hold them itself.
_FORBIDDEN = (
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/ho" + "me/",
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "TO" + "DO",
    "FIX" + "ME",
)


def _named(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(REPOSITORY)}:{line}"


def _none(found: list[str]) -> None:
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_modules_are_short(folder: str) -> None:
    most = MODULE_LINES.get(folder, MODULE_LINES_ELSEWHERE)
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(folder)}
    _none([f"{_named(path)}: {count} lines" for path, count in lines.items() if count > most])


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_functions_and_classes_are_short(folder: str) -> None:
    too_long = [
        f"{_named(path, node.lineno)} {node.name}: {length(node)} lines"
        for path in modules(folder)
        for node in definitions(path)
        if length(node) > (CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES)
    ]
    _none(too_long)


@pytest.mark.parametrize("folder", [*PACKAGES, "tests"])
def test_every_module_says_what_it_answers(folder: str) -> None:
    silent = [_named(path) for path in modules(folder) if tree(path).body and not ast.get_docstring(tree(path))]
    _none(silent)


def test_nothing_is_loaded_by_pickle_or_its_kin() -> None:
    found = [
        f"{_named(path)} imports {name}"
        for path in modules(*PACKAGES, "tests")
        for name in imported(path)
        if name.split(".")[0] in _LOADERS
    ]
    _none(found)


def test_no_mock_stands_for_anything() -> None:
    found = [
        f"{_named(path)} imports {name}"
        for path in modules(*PACKAGES, "tests")
        for name in imported(path)
        if name.startswith(_MOCKS)
    ]
    _none(found)


def test_no_file_names_a_machine_a_registry_or_unfinished_work() -> None:
    found = [
        f"{_named(path, number)} holds {word}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for word in _FORBIDDEN
        if word in line
    ]
    _none(found)
