"""What a restart and a kill leave behind: nothing owed is lost, and what comes twice comes with the same id."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sinks.webhook.sink import WebhookSink
from tests.sinks_webhook.conftest import OpenReceiver, OpenSink
from tests.sinks_webhook.receiver import silence, status
from tests.sinks_webhook.told import NOON, Clock, alert, endpoint, settings

ROOT = Path(__file__).resolve().parents[2]
# Ends itself with SIGKILL between the receiver's answer and its entry in the log.
CHILD = """
import os, signal, ssl, sys, time
from sinks.webhook.sink import WebhookSink
from tests.sinks_webhook.told import NOON, Clock, alert, endpoint, settings

path, url, count, point = sys.argv[1:]

def die(name):
    if name == point:
        os.kill(os.getpid(), signal.SIGKILL)

sink = WebhookSink(path, [endpoint(url)], settings(), clock=Clock(), tls=ssl.create_default_context(), failpoint=die)
sink.enqueue([alert(number) for number in range(int(count))], NOON)
if point == "enqueued":
    die(point)
sink.start()
time.sleep(20)
"""


def run_until_killed(path: Path, url: str, count: int, point: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), url, str(count), point], cwd=ROOT, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("count", [1, 20])
def test_killed_between_sending_and_marking_it_comes_again_with_the_same_id(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path, count: int
) -> None:
    receiver = open_receiver()
    run_until_killed(tmp_path / "webhooks.db", receiver.url(), count, "webhook.replied")
    before = receiver.wait_for(1)
    sink = open_sink([endpoint(receiver.url())])
    assert sink.drain(5)
    bodies: dict[str, list[bytes]] = {}
    for got in receiver.received:
        bodies.setdefault(got.webhook_id, []).append(got.body)
    assert sorted(bodies) == [alert(number).alert_id for number in range(count)]
    assert all(len(dict.fromkeys(copies)) == 1 for copies in bodies.values())
    assert len(bodies[before[0].webhook_id]) == 2
    assert {row.state for row in sink.deliveries("acme", 100)} == {"delivered"}


def test_what_a_killed_process_may_have_told_is_taken_back_aloud(
    open_receiver: OpenReceiver, tmp_path: Path, clock: Clock
) -> None:
    receiver = open_receiver()
    run_until_killed(tmp_path / "webhooks.db", receiver.url(), 1, "webhook.replied")
    sink = WebhookSink(tmp_path / "webhooks.db", [endpoint(receiver.url())], settings(), clock=clock)
    sink.withdraw([alert(0).alert_id], NOON)
    sink.start()
    assert sink.drain(5)
    sink.close()
    assert [got.webhook_id for got in receiver.received] == ["alert-00000", "alert-00000.withdrawn"]


def test_who_only_asks_leaves_what_another_sends_alone(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path, clock: Clock
) -> None:
    receiver = open_receiver(silence)
    sink = open_sink([endpoint(receiver.url())], settings(timeout_seconds=30))
    sink.enqueue([alert()], NOON)
    receiver.wait_for(1)
    asking = WebhookSink(tmp_path / "webhooks.db", [endpoint(receiver.url())], settings(), clock=clock)
    asking.withdraw(["alert-00001"], NOON)
    assert [row.webhook_id for row in asking.deliveries("acme", 9)] == ["alert-00001"]
    asking.close()


def test_killed_after_enqueue_nothing_is_lost(open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path) -> None:
    receiver = open_receiver()
    run_until_killed(tmp_path / "webhooks.db", receiver.url(), 5, "enqueued")
    assert receiver.received == []
    sink = open_sink([endpoint(receiver.url())])
    # The engine tells the same alerts again after a crash.
    sink.enqueue([alert(number) for number in range(5)], NOON)
    assert sink.drain(5)
    assert sorted(got.webhook_id for got in receiver.received) == [alert(number).alert_id for number in range(5)]


def test_a_restart_goes_on_with_the_schedule(open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock) -> None:
    receiver = open_receiver(status(500), status(500), status(500), status(200))
    for attempt in range(1, 5):
        sink = open_sink([endpoint(receiver.url())])
        if attempt == 1:
            sink.enqueue([alert()], NOON)
        assert sink.drain(5)
        assert len(receiver.received) == attempt
        (row,) = sink.deliveries("acme", 1)
        assert row.attempts == attempt
        assert row.state == ("delivered" if attempt == 4 else "pending")
        sink.close()
        clock.now = row.due_at
    assert len({got.body for got in receiver.received}) == 1


def test_a_restart_remembers_an_open_circuit(open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock) -> None:
    receiver = open_receiver(status(429, "Retry-After: 600"), status(200))
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    sink.close()
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(2)], NOON)
    assert sink.drain(5)
    assert len(receiver.received) == 1
    clock.pass_seconds(600)
    assert sink.drain(5)
    assert len(receiver.received) == 3


def test_what_a_stop_cuts_off_is_due_at_once_and_may_have_arrived(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    receiver = open_receiver(silence, status(200))
    sink = open_sink([endpoint(receiver.url())], settings(timeout_seconds=30))
    sink.enqueue([alert()], NOON)
    receiver.wait_for(1)
    sink.close()
    sink = open_sink([endpoint(receiver.url())])
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received] == ["alert-00001"] * 2


def test_what_a_stop_cut_off_is_taken_back_aloud(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver(silence, status(200))
    sink = open_sink([endpoint(receiver.url())], settings(timeout_seconds=30))
    sink.enqueue([alert()], NOON)
    receiver.wait_for(1)
    sink.stop()
    assert [row.reason for row in sink.deliveries("acme", 1)] == ["stopped"]
    sink.withdraw(["alert-00001"], NOON)
    sink.start()
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received] == ["alert-00001", "alert-00001.withdrawn"]


def test_it_runs_on_a_loop_of_the_caller(open_receiver: OpenReceiver, tmp_path: Path, clock: Clock) -> None:
    receiver = open_receiver()
    sink = WebhookSink(tmp_path / "own.db", [endpoint(receiver.url())], settings(), clock=clock)

    async def live() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(sink.run(stop))
        await asyncio.to_thread(sink.enqueue, [alert()], NOON)
        await asyncio.to_thread(receiver.wait_for, 1)
        stop.set()
        await running

    asyncio.run(live())
    assert [row.state for row in sink.deliveries("acme", 1)] == ["delivered"]
    sink.close()
