"""A desk to import into, closed after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.history.helpdesk import Desk

OpenDesk = Callable[[str], Desk]


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[OpenDesk]:
    """Opens desks by name, each with a home folder of its own."""
    opened: list[Desk] = []

    def opening(name: str) -> Desk:
        opened.append(Desk(tmp_path / name))
        return opened[-1]

    yield opening
    for desk in opened:
        desk.close()
