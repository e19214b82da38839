"""Every verb says what it does."""

from __future__ import annotations

from collections.abc import Iterator
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
