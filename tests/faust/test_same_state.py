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
from streams.engine import Engine
from streams.kafka.address import Address
from streams.kafka.said import decode_wait
from tests.faust.carried import Carrier, assert_folded, folded, mixed, read_all, stories
from tests.faust.conftest import Start, wait_for_begin

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
KILLS = 4


def pieces(events: Sequence[Event], size: int) -> Iterator[Sequence[Event]]:
    for place in range(0, len(events), size):
        yield events[place : place + size]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_journal_is_folded_as_in_memory(log: Address, start: Start, workers: int) -> None:
    carrier = Carrier(log)
    for codec, piece in zip(cycle(CODECS), pieces(mixed(stories()), 120), strict=False):
        carrier.write(piece, codec)
    expected = folded(stories())
    start(workers).run_until_idle()
    assert_folded(log, expected)
    waits = {
        (message.key() or b"").decode(): decode_wait(message.value() or b"")
        for message in read_all(log, log.topic("waits"))
    }
    engine = Engine(PROCESSORS, expected)
    assert {tenant: (wait.due, wait.position) for tenant, wait in waits.items() if wait.due is not None} == {
        tenant: (due, engine.position(tenant))
        for tenant in expected.tenants()
        if (due := engine.next_due(tenant)) is not None
    }


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
    assert_folded(log, folded(stories()))


@pytest.mark.parametrize("seed", [int(os.environ.get("MILLRACE_TEST_SEED", "7"))])
def test_workers_are_killed(log: Address, start: Start, seed: int) -> None:
    draw = Random(seed)
    events = mixed(stories())
    carrier = Carrier(log)
    feeding = threading.Thread(target=lambda: feed(carrier, events, 0.25))
    workers = start(2)
    feeding.start()
    for _ in range(KILLS):
        until = time.monotonic() + draw.uniform(0.5, 4.0)
        while time.monotonic() < until:
            workers.look()
            time.sleep(0.05)
        os.kill(draw.choice(workers.process_ids), signal.SIGKILL)
    feeding.join()
    workers.run_until_idle()
    assert_folded(log, folded(stories()))


def feed(carrier: Carrier, events: Sequence[Event], pause_seconds: float) -> None:
    for piece in pieces(events, 40):
        carrier.write(piece)
        time.sleep(pause_seconds)
