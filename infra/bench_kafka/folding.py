"""How fast do workers fold a journal that lies ready, beside plain Faust that only counts?"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import psutil

from infra.bench_kafka.load import PARTITIONS, copy_journal, journal, new_log
from infra.bench_kafka.place import Place, beside
from infra.quality.row import Row
from infra.workers import Workers
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.runtimes.faust.settings import worker_group

GOAL_PLAIN, GOAL_TWO, GOAL_CPU = 2.0, 1.3, 0.9
_BATCH = 2_000
_LOOK_SECONDS = 0.05
_STEADY_SECONDS = 3.0
_ROUNDS = 3


class Folded(NamedTuple):
    """From when the journal lay ready until its end was folded; and what workers used of the processors meanwhile."""

    seconds: float
    cpu_seconds: float


class Round(NamedTuple):
    """What one worker, two, plain Faust and a bare loop reached, one right after the other."""

    records: int
    one: Folded
    two: Folded
    plain: float
    bare: float

    @property
    def rate(self) -> float:
        """Events a second of one worker."""
        return self.records / self.one.seconds


def measure(place: Place, source: Address) -> list[Row]:
    """Folds copies of a journal, sinks off; medians of rounds, of ratios those of what was measured in one round.

    A shared machine is half as fast in one minute as in the next.
    """
    records = sum(1 for _, key, _, _ in journal(source) if key is not None)
    rounds = [_round(place, source, records, number) for number in range(_ROUNDS)]

    def usual(of: Callable[[Round], float]) -> float:
        return median(map(of, rounds))

    rate, plain, bare = usual(lambda one: one.rate), usual(lambda one: one.plain), usual(lambda one: one.bare)
    two = usual(lambda one: one.records / one.two.seconds)
    wall = usual(lambda one: one.one.seconds / one.two.seconds)
    cpu = usual(lambda one: one.one.cpu_seconds / one.two.cpu_seconds)
    of_plain, of_bare = usual(lambda one: one.rate / one.plain), usual(lambda one: one.rate / one.bare)
    return [
        Row("one worker, every processor", rate, "events/s", None, plain, "plain Faust counter"),
        Row("  of the plain counter", of_plain, "times", GOAL_PLAIN),
        Row("  of a bare loop, one write a batch", of_bare, "times", None, bare, "bare Faust loop, events/s"),
        Row("two workers, twelve tenants", two, "events/s", None, rate, "one worker"),
        Row("  of one worker, wall", wall, "times", GOAL_TWO),
        Row("  of one worker, per CPU second", cpu, "times", GOAL_CPU),
    ]


def _round(place: Place, source: Address, records: int, number: int) -> Round:
    log = new_log(place, f"one-{number}")
    plain = _plain(place, source, records, number)
    one = fold(place, source, log, 1)
    two = fold(place, source, new_log(place, f"two-{number}"), 2)
    return Round(records, one, two, plain, _plain(place, source, records, number, str(_BATCH)))


def fold(place: Place, source: Address, log: Address, count: int) -> Folded:
    """Folds a copy of a journal with so many workers. They stand still while it is written."""
    workers = Workers(log, place.folder / f"workers-{log.prefix}", count)
    try:
        await_begun(workers)
        members = [psutil.Process(number) for number in workers.process_ids]
        for member in members:
            member.suspend()
        copy_journal(source, log, 1)
        used = cpu_seconds(workers)
        for member in members:
            member.resume()
        began = time.perf_counter()
        await_folded(workers, log)
        return Folded(time.perf_counter() - began, cpu_seconds(workers) - used)
    finally:
        workers.stop()


def await_begun(workers: Workers) -> None:
    """Returns when each of them folds what it was given, and no partition is on its way to another."""
    steady_since = time.monotonic()
    ids = workers.process_ids
    while time.monotonic() - steady_since < _STEADY_SECONDS:
        workers.look()
        if not workers.have_begun or workers.process_ids != ids:
            steady_since, ids = time.monotonic(), workers.process_ids
        time.sleep(_LOOK_SECONDS)


def await_folded(workers: Workers, log: Address) -> None:
    """Returns when nothing is left."""
    backlog = Backlog(log, worker_group(log), log.topic("journal"))
    try:
        while any(backlog.by_partition().values()):
            workers.look()
            time.sleep(_LOOK_SECONDS)
    finally:
        backlog.close()


def cpu_seconds(workers: Workers) -> float:
    """What the workers' processes have used by now."""
    times = [psutil.Process(number).cpu_times() for number in workers.process_ids]
    return sum(each.user + each.system for each in times)


def _plain(place: Place, log: Address, records: int, number: int, *batch: str) -> float:
    folder = place.new_folder(f"plain{''.join(batch)}-{number}")
    said = log.bootstrap, log.topic("journal"), str(PARTITIONS), str(records), str(folder), *batch
    return records / beside("plain_faust", *said)
