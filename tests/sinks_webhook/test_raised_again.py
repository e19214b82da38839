"""Raised, taken back and raised again, however the feed keeps up: what stands is told, what was told is taken back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.alert_feed import AlertFeed
from infra.kafka.sinks import AlertTaker
from sinks.webhook.delivery_row import Finished
from sinks.webhook.outbox import Outbox
from sinks.webhook.sink import WebhookSink
from streams.batch import Batch, Header, RaisedAlert
from streams.database import Database
from streams.kafka.following import Place, Record
from streams.kafka.said import encode_alert
from streams.sqlite_store import SqliteFoldStore
from tests.sinks_webhook.told import NOON, endpoint

DESK = endpoint("https://hooks.example.test/a")
Say = Callable[[RaisedAlert], None]
Hand = Callable[[], None]


def embedded(folder: Path, sink: WebhookSink, closing: ExitStack) -> tuple[Say, Hand]:
    """The fold's database and the thread's work that reads it."""
    database = Database(folder / "millrace.db")
    closing.callback(database.close)
    store = SqliteFoldStore(database)
    feed = AlertFeed(database, store, sink, lambda: NOON)
    said = 0

    def say(alert: RaisedAlert) -> None:
        nonlocal said
        store.save([Batch("acme", said, Header(position=said + 1), alerts=[alert])])
        said += 1

    def hand() -> None:
        while feed.feed():
            pass

    return say, hand


def on_kafka(_folder: Path, sink: WebhookSink, _closing: ExitStack) -> tuple[Say, Hand]:
    """The records of the topic `alerts`, a batch at a time."""
    taker, waiting = AlertTaker(sink, lambda: NOON), list[Record]()

    def hand() -> None:
        taker.take(waiting)
        waiting.clear()

    return lambda alert: waiting.append(Record(Place("alerts", "topic-1", 0), 0, b"acme", encode_alert(alert))), hand


@pytest.mark.parametrize("carrier", [embedded, on_kafka])
@given(acts=st.lists(st.sampled_from(["turn", "turn", "hand", "deliver"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whoever_stands_is_told(
    carrier: Callable[[Path, WebhookSink, ExitStack], tuple[Say, Hand]], acts: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = Path(name)
        sink = WebhookSink(folder / "deliveries.db", [DESK])
        closing.callback(sink.close)
        delivering = Outbox(folder / "deliveries.db")
        closing.callback(delivering.close)
        say, hand = carrier(folder, sink, closing)
        stands, told = False, list[str]()
        for act in [*acts, "hand"]:
            if act == "turn":
                stands = not stands
                body = b'{"a":1}' if stands else b""
                say(RaisedAlert("alert-1", "about-1", "sla.breached", "hartwell", "T-1", NOON, body, not stands))
            elif act == "hand":
                hand()
            else:
                for due in delivering.begin(delivering.due(DESK.key, NOON, 10, []), NOON):
                    assert due is not None
                    delivering.record([Finished(due, True, NOON, 200, None, False, None)], {}, NOON)
                    told.append(due.webhook_id)
        states = {row.webhook_id: row.state for row in delivering.deliveries("acme", 10)}
        assert len(told) == len(set(told))
        if stands:
            assert states["alert-1"] in ("pending", "delivered")
        elif "alert-1" in told:
            assert states["alert-1.withdrawn"] in ("pending", "delivered")
        else:
            assert states.get("alert-1", "withdrawn") == "withdrawn"
