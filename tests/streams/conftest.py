"""The logs that keep one contract, each opened on demand and once more."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.database import Database
from streams.kafka.log import KafkaLog
from streams.kafka.topics import apply_topics
from streams.log import Log
from streams.memory_log import MemoryLog
from streams.sqlite_log import SqliteLog
from tests.streams.records import Door

OpenLog = Callable[..., Log]


@pytest.fixture(params=["memory", "sqlite"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    """Opens a log with so many partitions; closed at the end."""
    yield from opening(request, tmp_path)


def opening(request: pytest.FixtureRequest, folder: Path) -> Iterator[OpenLog]:
    """Opens logs of the kind that the request names, and closes them."""
    opened: list[Log] = []

    def open_one(partitions: int = 4 if request.param == "kafka" else 16) -> Log:
        log: Log
        if request.param == "memory":
            log = MemoryLog(partitions)
        elif request.param == "sqlite":
            log = SqliteLog(Database(folder / "journal.db"), partitions)
        else:
            address = dataclasses.replace(request.getfixturevalue("address"), partitions=partitions)
            apply_topics(address)
            log = KafkaLog(address, folder)
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
