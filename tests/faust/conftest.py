"""A log of its own on the run's broker, and workers that are stopped when the test is over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.workers import COMMAND, Workers
from streams.kafka.address import Address
from streams.kafka.topics import apply_topics
from streams.runtimes.faust.settings import SESSION_SECONDS

BRITTLE = (sys.executable, "-m", "tests.faust.brittle_worker")
Start = Callable[..., Workers]


@pytest.fixture
def log(address: Address) -> Address:
    """An empty log with all its topics."""
    apply_topics(address)
    return address


@pytest.fixture
def start(log: Address, tmp_path: Path) -> Iterator[Start]:
    """Starts so many workers in the test's folder."""
    started: list[Workers] = []

    def begin(count: int = 1, *, brittle: bool = False, session_seconds: float = SESSION_SECONDS) -> Workers:
        command = BRITTLE if brittle else COMMAND
        folders = tmp_path / "workers"
        started.append(Workers(log, folders, count, session_seconds=session_seconds, command=command))
        return started[-1]

    yield begin
    for workers in started:
        workers.stop()


def wait_for_begin(workers: Workers) -> None:
    """Returns when each of them folds what it was given."""
    until = time.monotonic() + 60
    while not workers.have_begun:
        workers.look()
        assert time.monotonic() < until
        time.sleep(0.05)
