"""Which files does the project consist of, and what stands in them?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
PACKAGES = ("schemas", "processors", "sinks", "streams", "replay", "infra")

_TEXTS = {".py", ".toml", ".md", ".txt", ".in", ".sql", ".html", ".js", ".css", ".json", ".yml", ".yaml", ".sh", ""}
_MADE = {".git", ".venv", "build", "dist", "__pycache__", "node_modules"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def texts() -> list[Path]:
    """Every text file of the project, without what was made by running it."""
    return sorted(path for path in _walked(REPOSITORY) if path.suffix in _TEXTS)


def modules(*folders: str) -> list[Path]:
    """Every Python file below the folders."""
    return sorted(path for folder in folders for path in _walked(REPOSITORY / folder) if path.suffix == ".py")


def _walked(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _MADE and not path.name.endswith((".egg-info", "_cache")):
            if not path.name.startswith(".") or path.name == ".ci":
                yield from _walked(path)
        elif path.is_file() and not path.name.endswith((".db", ".db-wal", ".db-shm")):
            yield path


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def definitions(path: Path) -> Iterator[Definition]:
    """Every function and class of the file, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Definition):
            yield node


def length(node: Definition) -> int:
    """Lines from its first to its last, without the docstrings in it; a decorator's table of cases is not counted."""
    first = node.lineno
    return (node.end_lineno or first) - first + 1 - sum(_docstring_lines(each) for each in ast.walk(node))


def _docstring_lines(node: ast.AST) -> int:
    if not isinstance(node, Definition) or ast.get_docstring(node, clean=False) is None:
        return 0
    said = node.body[0]
    return (said.end_lineno or said.lineno) - said.lineno + 1


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, by its full name, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
