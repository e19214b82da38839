"""Timers of a tenant that says nothing fire when they are due, while another tenant keeps its partition busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from infra.flink.cluster import Cluster
from infra.flink.jobs import Jobs
from infra.workers import Workers
from schemas.event import Event
from schemas.instant import SECOND, format_instant
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.intake import IntakeDoor
from streams.kafka.said import decode_said
from streams.kafka.topics import apply_topics
from streams.partition import partition_of
from tests.faust.carried import read_all
from tests.kafka.sequenced import journal, sequencer

IDLE, TARGET_SECONDS, LATE_SECONDS = "idle", 4, 1.0
_PATIENCE_SECONDS = 60.0


def record(number: int, type_: str, **data: object) -> bytes:
    said = {"id": f"e-{number}", "source": "test", "type": type_, "time": format_instant(machine_clock())}
    return orjson.dumps(said | {"account": "A-1", "data": data})


def neighbour(log: Address) -> str:
    """A tenant of the same partition."""
    wanted = partition_of(IDLE, log.partitions)
    return next(name for number in range(100) if partition_of(name := f"busy-{number}", log.partitions) == wanted)


@contextmanager
def keeping_busy(log: Address, door: IntakeDoor) -> Iterator[None]:
    """Sends for another tenant all the time."""
    stop, tenant = threading.Event(), neighbour(log)

    def send() -> None:
        number = 0
        while not stop.wait(0.02):
            door.take(tenant, [record(number + one, "usage.recorded", name="report", quantity=1) for one in range(20)])
            number += 20

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        stop.set()
        sending.join()


@contextmanager
def sequencing(log: Address, home: Path) -> Iterator[None]:
    home.mkdir()
    with sequencer(log, home) as one:
        running = threading.Thread(target=one.run)
        running.start()
        try:
            yield
        finally:
            one.stop()
            running.join()


def breach_is_found(log: Address) -> bool:
    mine = [one for one in read_all(log, log.topic("facts")) if one.key() == IDLE.encode()]
    return any(decode_said(one.value() or b"")[0].kind == "sla.breached" for one in mine)


def live(log: Address, home: Path) -> tuple[Event, Event]:
    """A promise is made and broken; the ticket, and the tick that told the time."""
    door = IntakeDoor(log, machine_clock)
    targets = [{"clock": "first_response", "target_seconds": TARGET_SECONDS, "warn_percent": []}]
    policies = [{"name": "quick", "calendar": "always", "targets": targets}]
    with sequencing(log, home), keeping_busy(log, door):
        door.take(IDLE, [record(1, "settings.sla_changed", policies=policies)])
        time.sleep(1.0)
        door.take(IDLE, [record(2, "ticket.opened", ticket="T-1", title="Help")])
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (found := ticked(log)) or not breach_is_found(log):
            assert time.monotonic() < until
            time.sleep(0.2)
    door.close()
    return found


def ticked(log: Address) -> tuple[Event, Event] | None:
    mine = journal(log).get(IDLE, [])
    opened = [event for event in mine if event.type == "ticket.opened"]
    after = [event for event in mine if event.type == "tick" and opened and event.position > opened[0].position]
    return (opened[0], after[0]) if after else None


def check(opened: Event, tick: Event) -> None:
    due = opened.occurred_at + TARGET_SECONDS * SECOND
    assert due <= tick.recorded_at <= due + LATE_SECONDS * SECOND


def test_with_workers(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    workers = Workers(address, tmp_path / "workers", 1)
    try:
        while not workers.have_begun:
            workers.look()
            time.sleep(0.05)
        check(*live(address, tmp_path / "home"))
    finally:
        workers.stop()


@pytest.mark.chaos
def test_with_a_flink_job(address: Address, cluster: Cluster, tmp_path: Path) -> None:
    apply_topics(address)
    jobs = Jobs(cluster, address)
    jobs.submit(1, "thread")
    try:
        check(*live(address, tmp_path / "home"))
    finally:
        jobs.stop()
