"""A real engine to ask, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

_REPOSITORY = Path(__file__).parent.parent.parent


class Engine(Protocol):
    """Asks one of the two databases."""

    def __call__(self, database: str, sql: str, parameters: dict[str, str] | None = None) -> str:
        """The answer as text, or `error N` with the engine's code; its words are searched for foreign values."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Asks `shared` (two tenants) or `alone` (the first of them only)."""
    command = [sys.executable, "-m", "tests.sql_guard.asking"]
    with subprocess.Popen(
        command, cwd=_REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout

        def ask(database: str, sql: str, parameters: dict[str, str] | None = None) -> str:
            questions.write(json.dumps({"database": database, "sql": sql, "parameters": parameters or {}}) + "\n")
            questions.flush()
            answer, words = json.loads(answers.readline())
            assert "RIVAL" not in words, f"the engine's error quotes another tenant's row: {words[:300]}"
            return str(answer)

        yield ask
        questions.close()
