"""Every verb says what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from infra.cli.main import app


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from verbs(one, (*path, name))


@pytest.mark.parametrize("path", list(verbs(typer.main.get_command(app))), ids=" ".join)
def test_every_verb_explains_itself(path: tuple[str, ...]) -> None:
    ran = CliRunner().invoke(app, [*path, "--help"])
    assert ran.exit_code == 0, ran.exception
    assert "Usage: " in ran.stdout


@pytest.mark.parametrize("before", [True, False])
def test_the_demo_empties_the_folder_that_is_named_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """Before the verb or after it; a folder of something else is not emptied."""
    monkeypatch.setenv("MILLRACE_HOME", "")  # what the command line sets is gone after the test
    (tmp_path / "work").touch()
    named = ["--home", str(tmp_path)]
    told = CliRunner().invoke(app, [*named, "demo"] if before else ["demo", *named])
    assert told.exit_code == 1
    assert f"{tmp_path} holds something that is not a demo" in str(told.exception)
    assert (tmp_path / "work").exists()
