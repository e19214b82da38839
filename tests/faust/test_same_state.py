"""The same journal gives the same state, facts and alerts as in memory, with one worker and with two."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random

import pytest

from processors.catalog import PROCESSORS
from schemas.event import Event
from schemas.system import Tick
from streams.engine import Engine
from streams.kafka.address import Address
from streams.kafka.said import Wait, decode_wait
from tests.faust.carried import Carrier, assert_folded, folded, mixed, read_all, stories, undisturbed
from tests.faust.conftest import Start, wait_for_begin

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def pieces(events: Sequence[Event], size: int) -> Iterator[Sequence[Event]]:
    for place in range(0, len(events), size):
        yield events[place : place + size]


def test_a_journal_is_folded_as_in_memory(log: Address, start: Start) -> None:
    carrier = Carrier(log)
    for codec, piece in zip(cycle(CODECS), pieces(mixed(stories()), 120), strict=False):
        carrier.write(piece, codec)
    expected = undisturbed()
    start(1).run_until_idle()
    assert_folded(log, expected)
    waits = waiting(log)
    engine = Engine(PROCESSORS, expected)
    assert {tenant: (wait.due, wait.position) for tenant, wait in waits.items() if wait.due is not None} == {
        tenant: (due, engine.position(tenant))
        for tenant in expected.tenants()
        if (due := engine.next_due(tenant)) is not None
    }


def test_a_tenant_that_waits_says_when_it_is_to_be_woken(log: Address, start: Start) -> None:
    tenant, journal = max(stories().items(), key=lambda item: len(item[1]))
    first = next(place for place, event in enumerate(journal) if isinstance(event.data, Tick))
    carrier = Carrier(log)
    workers = start()
    wait_for_begin(workers)
    carrier.write(journal[:first])
    until = time.monotonic() + 60
    while (wait := waiting(log).get(tenant)) is None or wait.position < first:
        workers.look()
        assert time.monotonic() < until
        time.sleep(0.05)
    assert wait.due == journal[first].occurred_at
    carrier.write(journal[first:])
    workers.run_until_idle()
    assert_folded(log, folded({tenant: journal}))


def test_workers_come_and_go(log: Address, start: Start) -> None:
    events = mixed(stories())
    carrier = Carrier(log)
    feeding = threading.Thread(target=lambda: feed(carrier, events, 0.15))
    first = start(1)
    feeding.start()
    wait_for_begin(first)
    second = start(1)
    wait_for_begin(second)
    first.stop()
    third = start(1)
    wait_for_begin(third)
    second.stop()
    feeding.join()
    third.run_until_idle()
    assert_folded(log, undisturbed())


def test_workers_may_be_killed(log: Address, start: Start) -> None:
    kill_often(log, start, Random("workers"), 4)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(100, 110))
def test_workers_are_killed(log: Address, start: Start, seed: int) -> None:
    kill_often(log, start, Random(f"workers {seed}"), 20)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(5))
def test_workers_are_paused_until_they_are_replaced(log: Address, start: Start, seed: int) -> None:
    draw = Random(f"paused {seed}")
    events = mixed(stories())
    carrier = Carrier(log)
    feeding = threading.Thread(target=lambda: feed(carrier, events, 0.6))
    workers = start(2, session_seconds=6.0)
    feeding.start()
    wait_for_begin(workers)
    time.sleep(draw.uniform(0.0, 2.0))
    paused = draw.choice(workers.process_ids)
    os.kill(paused, signal.SIGSTOP)
    time.sleep(15)
    os.kill(paused, signal.SIGCONT)
    feeding.join()
    workers.run_until_idle()
    assert_folded(log, undisturbed())


def kill_often(log: Address, start: Start, draw: Random, kills: int) -> None:
    """Kills one of two workers so often while the journal grows; the state is that of an undisturbed fold."""
    events = mixed(stories())
    carrier = Carrier(log)
    feeding = threading.Thread(target=lambda: feed(carrier, events, 0.25))
    workers = start(2)
    feeding.start()
    for _ in range(kills):
        until = time.monotonic() + draw.uniform(0.5, 4.0)
        while time.monotonic() < until:
            workers.look()
            time.sleep(0.05)
        os.kill(draw.choice(workers.process_ids), signal.SIGKILL)
    feeding.join()
    workers.run_until_idle()
    assert_folded(log, undisturbed())


def waiting(log: Address) -> dict[str, Wait]:
    """When each tenant is to be woken, as was said last."""
    found = read_all(log, log.topic("waits"))
    return {(message.key() or b"").decode(): decode_wait(message.value() or b"") for message in found}


def feed(carrier: Carrier, events: Sequence[Event], pause_seconds: float) -> None:
    for piece in pieces(events, 40):
        carrier.write(piece)
        time.sleep(pause_seconds)
