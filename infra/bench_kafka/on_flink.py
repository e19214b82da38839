"""How fast does a Flink job fold, beside a plain job that only counts by key?"""

from __future__ import annotations

from typing import Final

import httpx

from infra.bench_kafka.load import copy_journal, new_log
from infra.bench_kafka.place import Place, beside
from infra.flink.cluster import Cluster
from infra.flink.jobs import Jobs
from infra.quality.row import Row
from streams.kafka.address import Address
from streams.runtimes.flink.settings import Mode

GOAL: Final = 0.7
# Facts are said under a generation that nobody reads.
_GENERATION: Final = 99


def measure(place: Place, log: Address, records: int, process_records: int) -> list[Row]:
    """Bounded jobs over a journal that lies ready; what a job takes to start is in its time."""
    few = new_log(place, "few")
    process_records = copy_journal(log, few, 1, process_records)
    cluster = Cluster(place.folder / "flink")
    cluster.up()
    try:
        rows = _rows(cluster, log, records, "thread", GOAL)
        rows += _rows(cluster, few, process_records, "process", None)
    finally:
        cluster.down()
    return rows


def _rows(cluster: Cluster, log: Address, records: int, mode: Mode, goal: float | None) -> list[Row]:
    running = cluster.require()
    said = "127.0.0.1", str(running.rest_port), log.bootstrap, log.topic("journal"), mode
    plain = records / beside("plain_flink", *said, environment=cluster.environment())
    Jobs(cluster, log).replay(1, mode, generation=_GENERATION)
    ours = records / _last_job_seconds(running.address)
    return [
        Row(f"Flink job, {mode} mode, every processor", ours, "events/s", None, plain, "plain keyed count"),
        Row("  of the plain job", ours / plain, "times", goal),
    ]


def _last_job_seconds(address: str) -> float:
    jobs = httpx.get(f"{address}/jobs/overview", timeout=30.0).json()["jobs"]
    return float(max(jobs, key=lambda job: job["start-time"])["duration"]) / 1_000
