"""A tenant under load: a home folder for the time of a measurement, and the mixed load that goes into it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from infra.application import Application
from infra.demo.load import load_settings, mixed_load
from infra.home import Home
from infra.settings import Settings
from schemas.instant import DAY
from streams.embedded import Clock, Embedded, machine_clock

R = TypeVar("R")

TENANT = "bench"
SEED = 1
AT_ONCE = 2_000
# The door waits for the fold, as it would for a client that is answered slowly: memory stays bounded.
MOST_BACKLOG = 20_000


class Day:
    """The day before now, lived as fast as it goes: as a clock it stands where its records have got to."""

    def __init__(self) -> None:
        self.ends_at = machine_clock()
        self.now = self.ends_at - DAY

    def __call__(self) -> int:
        return self.now

    def records(self, events: int, accounts: int) -> Iterator[bytes]:
        """The mixed load, spread evenly over the day."""
        return mixed_load(SEED, events, accounts, self.ends_at)


class Lived(NamedTuple):
    """How many records were measured, and the seconds until all were folded and until every sink had them too."""

    records: int
    folded: float
    everywhere: float


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as name:
        yield Path(name)


@contextmanager
def running(root: Path, settings: Settings | None = None, clock: Clock = machine_clock) -> Iterator[Application]:
    """An application with everything started, over a new home folder."""
    home = Home(root / "home")
    home.create()
    application = Application(home, settings or Settings(), clock=clock)
    try:
        application.start()
        yield application
    finally:
        application.stop()
        application.close()


def live(application: Application, day: Day, raws: Iterable[bytes], events: int) -> Lived:
    """Takes a day's records at the door as they happen, until everything is in every sink."""
    settle(application.runtime, day)
    start, done = day.now, 0
    waiting = batches(raws)
    # The first batch loads what is loaded once: the language model, and what ClickHouse's client brings.
    warm = next(waiting)
    application.runtime.take(TENANT, warm)
    application.wait_for_backlog(0)
    application.drain()
    done += len(warm)
    began = time.perf_counter()
    for batch in waiting:
        application.wait_for_backlog(MOST_BACKLOG)
        done += len(batch)
        day.now = start + done * DAY // events
        application.runtime.take(TENANT, batch)
    application.wait_for_backlog(0)
    folded = time.perf_counter() - began
    if not application.drain():
        raise TimeoutError("the sinks did not take the load in time")
    return Lived(events - len(warm), folded, time.perf_counter() - began)


def settle(runtime: Embedded, day: Day) -> None:
    """Appends the settings that the load runs under; they are no part of what is measured."""
    runtime.take(TENANT, load_settings(day.ends_at))


def batches(raws: Iterable[R]) -> Iterator[list[R]]:
    """The records as a busy door gets them."""
    waiting = iter(raws)
    while batch := list(islice(waiting, AT_ONCE)):
        yield batch
