"""Half a minute with a sequencer: a tenant that says nothing, one that never stops, and one that a step raises on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

import orjson

from infra.demo.load import load_settings, mixed_load
from schemas.event import Event
from schemas.instant import SECOND, format_instant
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.intake import IntakeDoor
from streams.kafka.said import decode_said
from streams.partition import partition_of
from streams.state_hash import tenant_hashes
from tests.faust.carried import alerts, current_facts, folded, read_all
from tests.kafka.sequenced import journal, letters, sequencer
from tests.laws.crash_worker import BRITTLE_NAME, CATALOG
from tests.patience import wait_until

IDLE, CLUMSY, TARGET_SECONDS, LATE_SECONDS = "idle", "clumsy", 4, 1.0
_PATIENCE_SECONDS = 120.0
_MILLISECOND = SECOND // 1_000


def record(number: int, type_: str, **data: object) -> bytes:
    # A broker tells whole milliseconds: what is said to be of later in the same one waits for a tick of its own.
    at = machine_clock() // _MILLISECOND * _MILLISECOND
    said = {"id": f"e-{number}", "source": "test", "type": type_, "time": format_instant(at)}
    return orjson.dumps(said | {"account": "A-1", "data": data})


def neighbour(log: Address) -> str:
    """A tenant of the same partition."""
    wanted = partition_of(IDLE, log.partitions)
    return next(name for number in range(100) if partition_of(name := f"busy-{number}", log.partitions) == wanted)


@contextmanager
def keeping_busy(log: Address, door: IntakeDoor) -> Iterator[None]:
    """Sends for another tenant all the time: usage, tickets, feedback, and labels to learn from."""
    stop, tenant, now = threading.Event(), neighbour(log), machine_clock()
    waiting = chain(load_settings(now), mixed_load(1, 100_000, 20, now))

    def send() -> None:
        while not stop.wait(0.05):
            door.take(tenant, list(islice(waiting, 10)))

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


def is_folded(log: Address) -> bool:
    """Whether the runtime has begun, and said of the idle tenant whether anything waits."""
    return any(one.key() == IDLE.encode() for one in read_all(log, log.topic("waits")))


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
        wait_until(lambda: is_folded(log), _PATIENCE_SECONDS, look_every=0.2)
        door.take(IDLE, [record(2, "ticket.opened", ticket="T-1", title="Help")])
        door.take(CLUMSY, [record(n, "usage.recorded", name=name) for n, name in enumerate(("a", BRITTLE_NAME, "b"))])
        wait_until(
            lambda: ticked(log) is not None and breach_is_found(log) and refused(log), _PATIENCE_SECONDS, look_every=0.2
        )
    door.close()
    found = ticked(log)
    assert found is not None
    return found


def ticked(log: Address) -> tuple[Event, Event] | None:
    mine = journal(log).get(IDLE, [])
    opened = [event for event in mine if event.type == "ticket.opened"]
    after = [event for event in mine if event.type == "tick" and opened and event.position > opened[0].position]
    return (opened[0], after[0]) if after else None


def refused(log: Address) -> bool:
    return any(event.type == "record.refused" for event in journal(log).get(CLUMSY, []))


def check(log: Address, opened: Event, tick: Event, state: Mapping[str, str]) -> None:
    """The tick came in time, the step that raised is a letter, and all is what folding the journal anew gives."""
    due = opened.occurred_at + TARGET_SECONDS * SECOND
    assert due <= tick.recorded_at <= due + LATE_SECONDS * SECOND
    assert [(tenant, letter.reason) for (tenant, _), letter in letters(log).items()] == [(CLUMSY, "step_failed")]
    anew = folded(journal(log), CATALOG)
    assert state == tenant_hashes(anew, CATALOG)
    current, history = current_facts(log)
    assert current == {id_: fact for facts in anew.current.values() for id_, fact in facts.items()}
    assert history == {id_: fact for facts in anew.history.values() for id_, fact in facts}
    assert set(alerts(log)) == {id_ for raised in anew.alerts.values() for id_ in raised}
    assert any(fact.kind == "prediction.made" for fact in current.values())
