"""`python -m infra.flink.elsewhere HOST PORT SETTINGS`: gives a log's job to a cluster that somebody else runs.

For Flink's operator, which keeps the job alive afterwards. A job that runs already is left alone, so that asking twice
does no harm.
"""

from __future__ import annotations

import sys

import httpx
import msgspec

from infra.flink.cluster import ClusterFailed
from schemas.decode import encode
from streams.kafka.address import parse_address
from streams.kafka.ahead import refusals_ahead
from streams.kafka.journal_place import journal_place
from streams.runtimes.flink.settings import JobSettings, job_name
from streams.table_store import Place

_ENDED = ("FAILED", "CANCELED", "FINISHED")
_TIMEOUT_SECONDS = 30.0


def completed(settings: JobSettings) -> JobSettings:
    """The settings with what only the log can tell: its partitions, and the steps that are left out.

    Raises TopicsDiffer where there is no journal, ClusterFailed where the settings name another number of partitions.
    """
    address = parse_address(settings.address)
    place = journal_place(address)
    if settings.partitions != place.partitions:
        raise ClusterFailed(f"{address} has {place.partitions} partitions, and the settings say {settings.partitions}")
    ahead = refusals_ahead(address, {partition: Place() for partition in place.ends})
    refusals = tuple(encode(event) for events in ahead.values() for event in events)
    return msgspec.structs.replace(settings, refusals=refusals)


def running_job(settings: JobSettings, host: str, port: int) -> str | None:
    """The id of the job that folds the log on that cluster, None where there is none. Raises ClusterFailed."""
    name = job_name(str(parse_address(settings.address)), bounded=settings.bounded)
    try:
        answer = httpx.get(f"http://{host}:{port}/jobs/overview", timeout=_TIMEOUT_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        raise ClusterFailed(f"no job manager answers at {host}:{port} ({error}): is the cluster up?") from error
    jobs = answer.json()["jobs"]
    return next((job["jid"] for job in jobs if job["name"] == name and job["state"] not in _ENDED), None)


def main(arguments: list[str]) -> None:
    """Submits unless the job runs; the job's id is what is printed."""
    from streams.runtimes.flink.job import submit

    host, port, said = arguments
    settings = msgspec.json.decode(said, type=JobSettings)
    job = running_job(settings, host, int(port))
    if job is None:
        job, _ = submit(completed(settings), host, int(port))
    sys.stdout.write(f"{job}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
