"""Sequencers that are killed, paused, added and taken away: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from infra.kafka.broker import Broker
from streams.embedded import machine_clock
from streams.failpoint import SEQUENCER_FAILPOINTS
from streams.kafka.address import Address
from streams.kafka.failures import WriteFailed
from streams.kafka.intake import IntakeDoor
from streams.kafka.topics import apply_topics
from tests.kafka.sequenced import TENANTS, Story, check, journal, sequencer
from tests.streams.records import used

SEED = os.environ.get("MILLRACE_SEED", str(time.time_ns()))
QUICK_KILLS = 4
FAILPOINT_SECONDS = 60
RECONNECT_SECONDS = 30


@contextmanager
def process(log: Address, home: Path, failpoint: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A sequencer of its own; killed at the end if it still runs."""
    command = [sys.executable, "-m", "infra.cli.main", "sequencer", "--log", str(log), "--home", str(home)]
    started = subprocess.Popen(command, env={**os.environ, "MILLRACE_FAILPOINT": failpoint})
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def taken(log: Address, count: int, seconds: float = 60) -> None:
    """Waits until so many records stand in the journal."""
    until = time.monotonic() + seconds
    while (found := sum(map(len, journal(log).values()))) < count:
        assert time.monotonic() < until, f"{found} of {count} records after {seconds:.0f} s"
        time.sleep(0.2)


def finish(log: Address, home: Path, story: Story) -> None:
    with sequencer(log, home) as worker:
        worker.run(until_idle=True)
    check(log, story.sent)


def kill_often(log: Address, home: Path, kills: int) -> Counter[str]:
    """Kills a sequencer at named places or anywhere while records come in; how often it died where."""
    sys.stdout.write(f"MILLRACE_SEED={SEED}\n")
    draw = Random(SEED)
    story = Story(log, SEED)
    died: Counter[str] = Counter()
    for _ in range(kills):
        name = draw.choice(["", *SEQUENCER_FAILPOINTS])
        with process(log, home, f"{name}:{draw.randint(1, 4)}" if name else "") as worker:
            until = time.monotonic() + (FAILPOINT_SECONDS if name else draw.uniform(1, 5))
            while worker.poll() is None and time.monotonic() < until:
                story.send(draw.randrange(5, 60))
                time.sleep(draw.uniform(0, 0.1))
            worker.kill()
            assert worker.wait() == -signal.SIGKILL
        died[name] += time.monotonic() < until or not name
    finish(log, home, story)
    return died


def test_kills_cost_nothing(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    assert kill_often(address, tmp_path, QUICK_KILLS).total() == QUICK_KILLS


@pytest.mark.chaos
def test_many_kills_cost_nothing(address: Address, tmp_path: Path) -> None:
    apply_topics(address)
    died = kill_often(address, tmp_path, 60)
    assert all(died[name] for name in SEQUENCER_FAILPOINTS)


def test_a_paused_one_is_replaced_and_writes_nothing_that_holds(address: Address, tmp_path: Path) -> None:
    """Members join, are paused and come back; each time all partitions go on."""
    sys.stdout.write(f"MILLRACE_SEED={SEED}\n")
    apply_topics(address)
    story = Story(address, SEED)
    with process(address, tmp_path) as first:
        story.send(200)
        taken(address, len(story.sent.ids))
        with process(address, tmp_path) as second:
            for _ in range(10):
                story.send(100)
                time.sleep(0.2)
            first.send_signal(signal.SIGSTOP)
            story.send(300)
            taken(address, len(story.sent.ids))
            first.send_signal(signal.SIGCONT)
            for _ in range(10):
                story.send(100)
                time.sleep(0.2)
            taken(address, len(story.sent.ids))
            for member in (first, second):
                member.send_signal(signal.SIGTERM)
                assert member.wait(30) == 0
    check(address, story.sent)


def test_a_broker_that_comes_back_finds_everybody_waiting(
    own_broker: Broker, own_address: Address, tmp_path: Path
) -> None:
    """A door says that it could not queue, a sequencer waits, and what was sent before and after is taken."""
    address = own_address
    apply_topics(address)
    story = Story(address, SEED)
    door = IntakeDoor(address, machine_clock, patience_seconds=2)
    with process(address, tmp_path) as worker:
        story.send(200)
        taken(address, len(story.sent.ids))
        story.send(200)
        own_broker.kill()
        with pytest.raises(WriteFailed, match="send the same again"):
            door.take(TENANTS[0], [used("again")])
        own_broker.up()
        _sent_again(door)
        story.sent.ids.add((TENANTS[0], "again"))
        story.send(200)
        taken(address, len(story.sent.ids))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    door.close()
    check(address, story.sent)


def _sent_again(door: IntakeDoor) -> None:
    """Does what the refusal says, as often as a client that has just lost its broker must."""
    until = time.monotonic() + RECONNECT_SECONDS
    while True:
        try:
            door.take(TENANTS[0], [used("again")])
        except WriteFailed:
            if time.monotonic() > until:
                raise
        else:
            return
