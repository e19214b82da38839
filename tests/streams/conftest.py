"""The logs that keep one contract, each opened on demand and once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.database import Database
from streams.log import Log
from streams.memory_log import MemoryLog
from streams.sqlite_log import SqliteLog
from tests.streams.records import Door

OpenLog = Callable[..., Log]


@pytest.fixture(params=["memory", "sqlite"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    """Opens a log with so many partitions; closed at the end."""
    opened: list[Log] = []

    def open_one(partitions: int = 16) -> Log:
        log: Log
        if request.param == "memory":
            log = MemoryLog(partitions)
        else:
            log = SqliteLog(Database(tmp_path / "journal.db"), partitions)
        opened.append(log)
        return log

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def door(open_log: OpenLog, tmp_path: Path) -> Iterator[Door]:
    """A door over each kind of log."""
    made = Door(open_log(), tmp_path)
    yield made
    made.close()
