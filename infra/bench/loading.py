"""A tenant under load: a home folder for the time of a measurement, and the mixed load that goes into it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from infra.application import Application
from infra.demo.load import load_settings, mixed_load
from infra.home import Home
from infra.settings import Settings
from streams.embedded import Embedded, machine_clock

TENANT = "bench"
SEED = 1
AT_ONCE = 2_000


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as name:
        yield Path(name)


@contextmanager
def running(root: Path, settings: Settings | None = None) -> Iterator[Application]:
    """An application with everything started, over a new home folder."""
    home = Home(root / "home")
    home.create()
    application = Application(home, settings or Settings())
    try:
        application.start()
        yield application
    finally:
        application.stop()
        application.close()


def records(events: int, accounts: int) -> Iterator[bytes]:
    """The mixed load whose last record is of now."""
    return mixed_load(SEED, events, accounts, machine_clock())


def settle(runtime: Embedded) -> None:
    """Appends the settings that the load runs under; they are no part of what is measured."""
    runtime.take(TENANT, load_settings(machine_clock()))


def batches(raws: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The records as a busy door gets them."""
    waiting = iter(raws)
    while batch := list(islice(waiting, AT_ONCE)):
        yield batch
