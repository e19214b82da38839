"""Desks that are closed when their test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.pulling.desk import Desk
from tests.pulling.tool import Answers, Tool, served


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    """Opens a desk by its name; the same name is the same home folder."""
    with ExitStack() as closing:

        def opened(name: str = "desk") -> Desk:
            home = tmp_path / name
            home.mkdir(exist_ok=True)
            desk = Desk(home)
            closing.callback(desk.close)
            return desk

        yield opened


@pytest.fixture
def desk(open_desk: Callable[[str], Desk]) -> Desk:
    return open_desk("desk")


@pytest.fixture
def serve() -> Iterator[Callable[[Answers], Tool]]:
    """Serves what answers a tool gives."""
    with ExitStack() as closing:
        yield lambda answers: closing.enter_context(served(Tool(answers)))
