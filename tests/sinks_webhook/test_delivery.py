"""Delivery to real servers that answer well, badly, slowly or not at all; waits pass on a clock that is set."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs

from schemas.instant import HOUR, SECOND, format_instant
from sinks.webhook.circuit import FAILURES_TO_OPEN
from sinks.webhook.delivery_row import DeliveryRow
from sinks.webhook.schedule import DELAYS, JITTER, retry_delay
from sinks.webhook.sink import WebhookSink, machine_clock
from tests.sinks_webhook.certificates import contexts
from tests.sinks_webhook.conftest import OpenReceiver, OpenSink
from tests.sinks_webhook.receiver import Answer, drip, reset, silence, slow_headers, status
from tests.sinks_webhook.told import NEXT_SECRET, NOON, ROUTING_KEY, SECRET, Clock, alert, endpoint, settings

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def only(sink: WebhookSink) -> DeliveryRow:
    (row,) = sink.deliveries("acme", 10)
    return row


def test_a_delivery_is_signed_with_both_secrets_and_carries_the_engines_bytes(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver()
    clock.now = machine_clock()
    sink = open_sink([endpoint(receiver.url("/a/b?c=d"), secrets=(NEXT_SECRET, SECRET))])
    told = replace(alert(happened_at=clock.now), traceparent=TRACE)
    sink.enqueue([told], clock.now)
    (got,) = receiver.wait_for(1)
    for secret in (SECRET, NEXT_SECRET):
        said = Webhook(secret).verify(got.body, got.headers)
        assert said == json.loads(told.body) | {"sequence": {"key": "account-1", "number": 1}}
    assert got.body.startswith(told.body[:-1])
    assert got.path == "/a/b?c=d"
    assert got.webhook_id == told.alert_id
    assert got.headers["webhook-timestamp"] == str(clock.now // SECOND)
    assert got.headers["content-type"] == "application/json"
    assert got.headers["traceparent"] == TRACE
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert sink.drain(5)
    row = only(sink)
    assert (row.state, row.attempts, row.last_status, row.ended_at) == ("delivered", 1, 200, clock.now)


def test_a_traceparent_that_is_none_is_not_sent(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver()
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([replace(alert(), traceparent="00-zz\r\nX-Evil: 1")], NOON)
    assert "traceparent" not in receiver.wait_for(1)[0].headers


def test_only_kinds_and_tenants_that_an_endpoint_wants_go_there(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    receiver = open_receiver()
    sink = open_sink(
        [
            endpoint(receiver.url("/all"), "all"),
            endpoint(receiver.url("/churn"), "churn", kinds=("churn.risk_risen",)),
            endpoint(receiver.url("/off"), "off", enabled=False),
            endpoint(receiver.url("/other"), "all", tenant="other"),
        ]
    )
    sink.enqueue([alert(1), alert(2, kind="churn.risk_risen"), alert(3, tenant="other")], NOON)
    assert sink.drain(5)
    assert sorted((got.path, got.webhook_id) for got in receiver.received) == [
        ("/all", "alert-00001"),
        ("/all", "alert-00002"),
        ("/churn", "alert-00002"),
        ("/other", "alert-00003"),
    ]


def test_a_chat_endpoint_needs_no_secret_and_a_pager_gets_its_key(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    chat, pager = open_receiver(), open_receiver(status(202))
    sink = open_sink(
        [
            endpoint(chat.url(), "chat", shape="slack", secrets=()),
            endpoint(pager.url(), "pager", shape="pagerduty", secrets=(ROUTING_KEY,)),
        ]
    )
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    assert "webhook-signature" not in chat.received[0].headers
    assert json.loads(chat.received[0].body)["text"] == "Ticket 1 breached its promise"
    assert json.loads(pager.received[0].body)["routing_key"] == ROUTING_KEY


FAILURES: list[tuple[str, Answer, str, int | None]] = [
    ("500", status(500), "status 500", 500),
    ("404", status(404), "status 404", 404),
    ("301", status(301, "Location: /elsewhere"), "status 301", 301),
    ("308", status(308, "Location: /elsewhere"), "status 308", 308),
    ("reset after the body was sent", reset, "connection_lost", None),
    ("silence", silence, "timeout", None),
    ("a head that never ends", slow_headers, "timeout", None),
]


@pytest.mark.parametrize(
    ("answer", "reason", "code"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES]
)
def test_a_failure_is_sent_again_with_the_same_id_and_body(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock, answer: Answer, reason: str, code: int | None
) -> None:
    receiver = open_receiver(answer, status(200))
    # Only those that must time out are waited for briefly: a third of it is what connecting may take on a busy machine.
    sink = open_sink([endpoint(receiver.url())], settings(timeout_seconds=1.0 if reason == "timeout" else 5.0))
    sink.enqueue([alert()], NOON)
    assert sink.drain(9)
    row = only(sink)
    assert (row.state, row.attempts, row.reason, row.last_status) == ("pending", 1, reason, code)
    assert len(receiver.received) == 1
    clock.now = row.due_at
    assert sink.drain(5)
    first, second = receiver.received
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) >= 5
    assert (only(sink).state, only(sink).attempts, only(sink).reason) == ("delivered", 2, None)


def test_a_dead_port_is_a_failed_connection(open_sink: OpenSink) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        sink = open_sink([endpoint(f"http://127.0.0.1:{bound.getsockname()[1]}/")])
        sink.enqueue([alert()], NOON)
        assert sink.drain(5)
    assert (only(sink).state, only(sink).reason) == ("pending", "connection_failed")


def test_a_certificate_that_nobody_vouches_for_is_a_tls_failure(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path
) -> None:
    server, _ = contexts("localhost", tmp_path)
    receiver = open_receiver(tls=server)
    sink = open_sink([endpoint(receiver.url(host="localhost"))])
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert str(only(sink).reason).startswith("tls_failed: ")
    assert receiver.received == []


def test_a_server_that_never_shakes_hands_cannot_have_the_alert(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    """It speaks no TLS and waits for the end of a request head, which a hello is not."""
    receiver = open_receiver()
    sink = open_sink([endpoint(receiver.url().replace("http:", "https:"))], settings(timeout_seconds=0.6))
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert only(sink).reason == "connection_timed_out"
    sink.withdraw(["alert-00001"], NOON)
    assert only(sink).state == "withdrawn"


def test_the_whole_schedule_is_kept_and_then_given_up(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver(status(500))
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert()], NOON)
    waits = []
    for attempt in range(1, len(DELAYS) + 1):
        assert sink.drain(5)
        assert len(receiver.received) == attempt
        row = only(sink)
        if row.state != "pending":
            break
        waits.append(row.due_at - clock.now)
        clock.now = row.due_at - 1
        assert sink.drain(5)
        assert len(receiver.received) == attempt
        clock.now = row.due_at
    assert waits == [retry_delay("alert-00001/acme/desk", made) for made in range(1, 10)]
    assert all(DELAYS[made] <= wait <= DELAYS[made] * (1 + JITTER) for made, wait in enumerate(waits, 1))
    assert (only(sink).state, only(sink).attempts, only(sink).reason) == ("abandoned", 10, "status 500")
    assert len({(got.webhook_id, got.body) for got in receiver.received}) == 1


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("header", ["120", "date"])
def test_an_endpoint_that_asks_for_peace_gets_it_for_all_it_is_owed(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock, code: int, header: str
) -> None:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(NOON // SECOND + 120))
    receiver = open_receiver(status(code, f"Retry-After: {date if header == 'date' else header}"), status(200))
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    assert only(sink).due_at == NOON + 120 * SECOND
    sink.enqueue([alert(2)], NOON)
    clock.pass_seconds(119)
    assert sink.drain(5)
    assert len(receiver.received) == 1
    clock.pass_seconds(1)
    assert sink.drain(5)
    assert sorted(got.webhook_id for got in receiver.received) == ["alert-00001", "alert-00001", "alert-00002"]


def test_410_disables_the_endpoint_and_enabling_or_moving_it_helps(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    receiver = open_receiver(status(410), status(200))
    sink = open_sink([endpoint(receiver.url())], settings(concurrency_per_endpoint=1))
    sink.enqueue([alert(1), alert(2)], NOON)
    assert sink.drain(5)
    sink.enqueue([alert(3)], NOON)
    assert sink.drain(5)
    assert len(receiver.received) == 1
    assert sink.circuits("acme")["desk"].disabled_reason == "gone"
    assert {row.state for row in sink.deliveries("acme", 10)} == {"abandoned"}
    sink.enable("acme", "desk")
    sink.enqueue([alert(4)], NOON)
    assert sink.drain(5)
    assert receiver.received[-1].webhook_id == "alert-00004"
    receiver.answers = [status(410), status(200)]
    sink.enqueue([alert(5)], NOON)
    assert sink.drain(5)
    sink.configure([endpoint(receiver.url("/moved"))])
    sink.enqueue([alert(6)], NOON)
    assert sink.drain(5)
    assert (receiver.received[-1].path, receiver.received[-1].webhook_id) == ("/moved", "alert-00006")


def test_an_endpoint_that_only_failed_for_five_days_is_disabled(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver(status(500))
    sink = open_sink([endpoint(receiver.url())])
    for day in range(7):
        clock.now = NOON + day * 24 * HOUR
        sink.enqueue([alert(day, happened_at=clock.now)], clock.now)
        assert sink.drain(5)
        assert (sink.circuits("acme")["desk"].disabled_reason == "failing") == (day >= 5), format_instant(clock.now)
    assert {row.state for row in sink.deliveries("acme", 20)} == {"abandoned"}


@pytest.mark.parametrize("code", [200, 500])
def test_of_a_huge_reply_a_little_is_read(open_receiver: OpenReceiver, open_sink: OpenSink, code: int) -> None:
    written: list[int] = []

    async def flood(writer: asyncio.StreamWriter) -> None:
        size = 100 * 1024 * 1024
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (code, size))
        for _ in range(size // 65536):
            writer.write(b"x" * 65536)
            await writer.drain()
            written.append(65536)

    receiver = open_receiver(flood)
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert only(sink).state == ("delivered" if code == 200 else "pending")
    # What the two sockets buffer comes on top of the 64 KiB.
    assert sum(written) < 16 * 1024 * 1024


def test_a_status_stands_although_the_body_never_ends(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver(drip)
    sink = open_sink([endpoint(receiver.url())], settings(timeout_seconds=0.3))
    sink.enqueue([alert()], NOON)
    assert sink.drain(5)
    assert only(sink).state == "delivered"


def test_no_endpoint_gets_more_at_once_than_it_may(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.03)
        await status(200)(writer)

    receiver = open_receiver(slow)
    sink = open_sink([endpoint(receiver.url())], settings(concurrency_per_endpoint=3))
    sink.enqueue([alert(number) for number in range(20)], NOON)
    assert sink.drain(5)
    assert (len(receiver.received), receiver.most_at_once) == (20, 3)


def test_a_dead_endpoint_is_left_alone_and_probed_with_one_delivery(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver(status(500))
    sink = open_sink([endpoint(receiver.url())], settings(concurrency_per_endpoint=1))
    sink.enqueue([alert(number) for number in range(50)], NOON)
    assert sink.drain(5)
    assert len(receiver.received) == FAILURES_TO_OPEN
    clock.pass_seconds(30)
    assert sink.drain(5)
    assert len(receiver.received) == FAILURES_TO_OPEN + 1
    receiver.answers = [status(200)]
    clock.pass_seconds(60)
    assert sink.drain(5)
    delivered = [row for row in sink.deliveries("acme", 100) if row.state == "delivered"]
    assert len(delivered) >= 50 - FAILURES_TO_OPEN
    clock.pass_seconds(HOUR / SECOND)
    assert sink.drain(5)
    assert {row.state for row in sink.deliveries("acme", 100)} == {"delivered"}


def test_one_dead_endpoint_among_many_delays_no_other(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    dead, alive = open_receiver(silence), open_receiver()
    endpoints = [endpoint(alive.url(f"/{name}"), f"desk-{name}") for name in range(20)]
    sink = open_sink([endpoint(dead.url(), "dead"), *endpoints], settings(timeout_seconds=30))
    sink.enqueue([alert(number) for number in range(10)], NOON)
    # The dead one holds every connection it may have, for far longer than the others are waited for.
    assert len(alive.wait_for(200)) == 200
    assert len(dead.wait_for(8)) == 8
    states = {(row.endpoint_id == "dead", row.state) for row in sink.deliveries("acme", 1000) if row.attempts}
    assert (True, "delivered") not in states


def test_a_delivered_alert_is_withdrawn_with_one_message(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver()
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    for _ in range(3):
        clock.pass_seconds(1)
        sink.withdraw(["alert-00001", "alert-99999"], clock.now)
        assert sink.drain(5)
    told, taken_back = receiver.received
    assert taken_back.webhook_id == told.webhook_id + ".withdrawn"
    assert json.loads(taken_back.body)["data"]["alert_id"] == told.webhook_id
    assert json.loads(taken_back.body)["timestamp"] == "2026-03-02T12:00:01Z"


def test_a_pending_alert_is_withdrawn_in_silence(
    open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock
) -> None:
    receiver = open_receiver(status(500))
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    sink.withdraw(["alert-00001"], NOON)
    clock.pass_seconds(3600)
    assert sink.drain(5)
    assert len(receiver.received) == 1
    assert only(sink).state == "withdrawn"


def test_an_alert_withdrawn_while_it_is_under_way_is_taken_back_aloud(
    open_receiver: OpenReceiver, open_sink: OpenSink
) -> None:
    release = threading.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(release.wait, 5)
        await status(200)(writer)

    receiver = open_receiver(held, status(200))
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    receiver.wait_for(1)
    sink.withdraw(["alert-00001"], NOON)
    release.set()
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received] == ["alert-00001", "alert-00001.withdrawn"]


def test_old_alerts_are_logged_and_not_sent(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver()
    sink = open_sink([endpoint(receiver.url())])
    sink.enqueue([alert(1, happened_at=NOON - HOUR - 1), alert(2, happened_at=NOON - HOUR)], NOON)
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received] == ["alert-00002"]
    assert {row.webhook_id: row.state for row in sink.deliveries("acme", 9)} == {
        "alert-00001": "not_sent_old",
        "alert-00002": "delivered",
    }


def test_endpoints_may_come_pause_and_return_while_it_runs(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver()
    sink = open_sink([])
    sink.configure([endpoint(receiver.url())])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    sink.configure([])
    sink.enqueue([alert(2)], NOON)
    assert sink.drain(5)
    sink.configure([endpoint(receiver.url(), secrets=(NEXT_SECRET,))])
    sink.enqueue([alert(3)], NOON)
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received] == ["alert-00001", "alert-00003"]
    with pytest.raises(ValueError, match="same id"):
        sink.configure([endpoint(receiver.url()), endpoint(receiver.url())])


def test_logs_hold_no_address_secret_or_words(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver(status(500), status(410))
    with capture_logs() as lines:
        sink = open_sink([endpoint(receiver.url("/T0/secret-path"))])
        sink.enqueue([alert(1), alert(2)], NOON)
        assert sink.drain(5)
    said = json.dumps(lines)
    assert "webhook_failed" in said
    assert "webhook_endpoint_disabled" in said
    for secret in ("secret-path", "whsec_", SECRET[6:], "breached its promise", "account-7"):
        assert secret not in said


def test_five_hundred_alerts_all_arrive(open_receiver: OpenReceiver, open_sink: OpenSink) -> None:
    receiver = open_receiver()
    sink = open_sink([endpoint(receiver.url())])
    for start in range(0, 500, 50):
        sink.enqueue([alert(number) for number in range(start, start + 50)], NOON)
    assert sink.drain(20)
    assert sorted(got.webhook_id for got in receiver.received) == [f"alert-{number:05}" for number in range(500)]


def test_a_sink_that_does_not_run_cannot_be_drained(open_sink: OpenSink) -> None:
    sink = open_sink([])
    sink.stop()
    with pytest.raises(RuntimeError, match="start"):
        sink.drain(1)
