"""How much memory does a million events over a hundred thousand accounts take, engines of the sinks included?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from infra.bench.loading import Day, folder, live, running
from infra.bench.scale import Scale
from infra.quality.row import Row

_SAMPLED_EVERY_SECONDS = 0.2
_GB = 1_000_000_000


def measure(scale: Scale) -> list[Row]:
    """The highest resident size of this process and its children; records are made as they are taken."""
    peak, day = [0], Day()
    with folder() as root, _watched(peak), running(root, clock=day) as application:
        raws = day.records(scale.memory_events, scale.memory_accounts)
        took = live(application, day, raws, scale.memory_events)
    what = f"{scale.memory_events:,} events over {scale.memory_accounts:,} accounts"
    return [
        Row(f"memory, {what}", peak[0] / _GB, "GB (at most)", 2.5),
        Row("  at", took.records / took.everywhere, "events/s"),
    ]


@contextmanager
def _watched(peak: list[int]) -> Iterator[None]:
    done = threading.Event()
    thread = threading.Thread(target=_watch, args=(peak, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _watch(peak: list[int], done: threading.Event) -> None:
    this = psutil.Process()
    while not done.wait(_SAMPLED_EVERY_SECONDS):
        total = 0
        for process in (this, *this.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        peak[0] = max(peak[0], total)
