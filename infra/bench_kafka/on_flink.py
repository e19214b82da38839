"""How fast does a Flink job fold, beside a plain job that only counts by key?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx

from infra.bench_kafka.load import copy_journal, journal, new_log
from infra.bench_kafka.place import Place, beside
from infra.flink.cluster import Cluster
from infra.flink.jobs import Jobs
from infra.quality.row import Row
from streams.kafka.address import Address
from streams.runtimes.flink.settings import Mode

GOAL: Final = 0.7
# Facts are said under a generation that nobody reads.
_GENERATION: Final = 99


def measure(place: Place, log: Address, process_records: int) -> list[Row]:
    """Bounded jobs over a journal that lies ready, the plain ones and ours in clusters of their own.

    In each a job runs over a few records first: whichever is the first in a cluster waits for Java's classes, its
    compiler and the interpreter, which says nothing of speed.
    """
    few = new_log(place, "few")
    records = sum(key is not None for _, key, _, _ in journal(log))
    process_records = copy_journal(log, few, 1, process_records)
    plain, ours = (_seconds(place, run, log, few) for run in (_run_plain, _run_ours))
    return [
        *_rows(records / ours[0], records / plain[0], "thread", GOAL),
        *_rows(process_records / ours[1], process_records / plain[1], "process", None),
    ]


def _seconds(
    place: Place, run: Callable[[Cluster, Address, Mode], None], log: Address, few: Address
) -> tuple[float, float]:
    """How long such jobs take: over the log in threads, over a few records in processes."""
    cluster = Cluster(place.folder / f"flink{run.__name__}")
    running = cluster.up()
    try:
        run(cluster, few, "thread")
        run(cluster, log, "thread")
        in_threads = _last_job_seconds(running.address)
        run(cluster, few, "process")
        return in_threads, _last_job_seconds(running.address)
    finally:
        cluster.down()


def _run_plain(cluster: Cluster, log: Address, mode: Mode) -> None:
    said = "127.0.0.1", str(cluster.require().rest_port), log.bootstrap, log.topic("journal"), mode
    beside("plain_flink", *said, environment=cluster.environment())


def _run_ours(cluster: Cluster, log: Address, mode: Mode) -> None:
    Jobs(cluster, log).replay(1, mode, generation=_GENERATION)


def _rows(ours: float, plain: float, mode: Mode, goal: float | None) -> list[Row]:
    return [
        Row(f"Flink job, {mode} mode, every processor", ours, "events/s", None, plain, "plain keyed count"),
        Row("  of the plain job", ours / plain, "times", goal),
    ]


def _last_job_seconds(address: str) -> float:
    jobs = httpx.get(f"{address}/jobs/overview", timeout=30.0).json()["jobs"]
    return float(max(jobs, key=lambda job: job["start-time"])["duration"]) / 1_000
