"""A job given to a cluster that somebody else runs: once, with what the log alone can tell."""

from __future__ import annotations

import subprocess
import sys

import httpx
import msgspec
import pytest

from infra.flink.cluster import Cluster, ClusterFailed
from infra.flink.elsewhere import completed, running_job
from streams.kafka.address import Address
from streams.kafka.log import KafkaLog
from streams.runtimes.flink.settings import JobSettings
from tests.streams.records import written

REFUSED = (
    b'"data":{"refused_position":1,"event_id":"e-1","stepped":"usage.recorded","processor":"usage",'
    b'"processor_version":1,"key":"A/1","reason":"KeyError"}'
)


def refuse(log: Address) -> None:
    """A journal in which a step is left out."""
    said = written("acme", 2).value.replace(b"usage.recorded", b"record.refused")
    value = said.replace(b'"data":{"name":"report","quantity":2}', REFUSED)
    journal = KafkaLog(log)
    with journal.appending() as appending:
        appending.append([written("acme", 1), written("acme", 2, "record.refused")._replace(value=value)])
    journal.close()


def test_the_log_tells_what_is_left_out(log: Address) -> None:
    refuse(log)
    settings = completed(JobSettings(str(log), 4))
    assert [b"KeyError" in refusal for refusal in settings.refusals] == [True]
    with pytest.raises(ClusterFailed, match="has 4 partitions, and the settings say 16"):
        completed(JobSettings(str(log), 16))


def test_a_cluster_that_is_not_there_is_said(log: Address) -> None:
    with pytest.raises(ClusterFailed, match=r"no job manager answers at 127\.0\.0\.1:1"):
        running_job(JobSettings(str(log), 4), "127.0.0.1", 1)


@pytest.mark.chaos
def test_a_job_is_given_once(cluster: Cluster, log: Address) -> None:
    refuse(log)
    running = cluster.require()
    settings = JobSettings(str(log), 4, state=(cluster.folder / "elsewhere").as_uri())
    said = msgspec.json.encode(settings).decode()
    command = [sys.executable, "-m", "infra.flink.elsewhere", "127.0.0.1", str(running.rest_port), said]
    first, again = (
        subprocess.run(command, env=cluster.environment(), capture_output=True, text=True, check=True).stdout.split()[
            -1
        ]
        for _ in range(2)
    )
    assert first == again == running_job(settings, "127.0.0.1", running.rest_port)
    httpx.patch(f"{running.address}/jobs/{first}?mode=cancel").raise_for_status()
