"""How long do workers with a large state stand still when one joins, and when all are killed?"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final

import psutil

from infra.bench_kafka.folding import await_begun, await_folded
from infra.bench_kafka.load import PARTITIONS, copy_journal, new_log
from infra.bench_kafka.place import Place
from infra.quality.row import Row
from infra.workers import Workers
from streams.kafka.address import Address
from streams.kafka.state_topic import state_ends

GOAL_RECOVERY_SECONDS, GOAL_PAUSE_SECONDS = 30.0, 5.0
_WATCHED_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.05


def measure(place: Place, source: Address, copies: int) -> list[Row]:
    """One worker folds a large journal; a second joins it; both are killed when all is folded."""
    log = new_log(place, "large")
    records = copy_journal(source, log, copies)
    folder = place.folder / "workers-large"
    first = Workers(log, folder, 1)
    second: Workers | None = None
    try:
        await_begun(first)
        second = Workers(log, folder, 1)
        pause, one_pause = _longest_pause(first, second, log)
        await_folded(first, log)
    finally:
        first.stop()
        if second is not None:
            second.stop()
    with_tables = _recovery(log, folder)
    for kept in folder.iterdir():
        shutil.rmtree(kept)
    without = _recovery(log, folder)
    millions = records / 1e6
    return [
        Row("pause of the fold, a worker joins", pause, "s", GOAL_PAUSE_SECONDS),
        Row("  longest of one partition", one_pause, "s"),
        Row(f"recovery after a kill, state of {millions:.2f} M events", with_tables, "s", GOAL_RECOVERY_SECONDS),
        Row("  with an empty disk, out of the changelog", without, "s", GOAL_RECOVERY_SECONDS),
    ]


def _longest_pause(first: Workers, second: Workers, log: Address) -> tuple[float, float]:
    """The longest time in which nothing at all was saved, and in which one partition that has work was not."""
    began = time.monotonic()
    ends = state_ends(log, range(PARTITIONS))
    moved = dict.fromkeys(ends, began)
    nothing = one = 0.0
    while time.monotonic() - began < _WATCHED_SECONDS:
        first.look()
        second.look()
        now = time.monotonic()
        nothing = max(nothing, now - max(moved.values()))
        one = max(one, now - min(moved.values()))
        for partition, end in state_ends(log, range(PARTITIONS)).items():
            if end != ends[partition]:
                ends[partition], moved[partition] = end, now
        time.sleep(_LOOK_SECONDS)
    return nothing, one


def _recovery(log: Address, folder: Path) -> float:
    """From the kill of a worker that has everything until its next life folds."""
    workers = Workers(log, folder, 1)
    try:
        await_begun(workers)
        before = workers.process_ids
        psutil.Process(before[0]).kill()
        began = time.perf_counter()
        while workers.process_ids == before or not workers.have_begun:
            workers.look()
            time.sleep(_LOOK_SECONDS)
        return time.perf_counter() - began
    finally:
        workers.stop()
