"""What an endpoint missed can be told after all, and whoever listens to nothing can ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.instant import DAY, HOUR
from sinks.webhook.alert_log import LOOKED_BACK
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import Finished
from sinks.webhook.outbox import Outbox
from tests.sinks_webhook.conftest import OpenReceiver, OpenSink
from tests.sinks_webhook.receiver import status
from tests.sinks_webhook.told import NOON, Clock, alert, endpoint, settings

DESK = endpoint("https://hooks.example.test/a")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "webhooks.db")
    opened.circuits([DESK])
    yield opened
    opened.close()


def sent(outbox: Outbox, now: int = NOON) -> list[str]:
    """Delivers all that is due; the ids in their order."""
    told: list[str] = []
    while found := outbox.begin(outbox.due(DESK.key, now, 100, []), now):
        for due in found:
            assert due is not None
            told.append(due.webhook_id)
            outbox.record([Finished(due, True, now, 200, None, False, None)], {}, now)
    return told


def test_what_was_given_up_and_what_was_never_sent_is_told(outbox: Outbox) -> None:
    told = [alert(number, account="hartwell") for number in range(1, 7)]
    outbox.enqueue([(told[0], DESK)], NOON, HOUR, told[:1])
    assert sent(outbox) == ["alert-00001"]
    outbox.record([], {DESK.key: Circuit().disabled("failing")}, NOON)
    outbox.enqueue([(told[1], DESK), (told[2], DESK)], NOON, HOUR, told[1:3])
    outbox.withdraw(["alert-00003"], NOON)
    # Said while the endpoint did not want them, or did not exist.
    outbox.enqueue([], NOON, HOUR, told[3:5])
    outbox.withdraw(["alert-00005"], NOON)
    old = replace(told[5], happened_at=NOON - 2 * HOUR)
    outbox.enqueue([(old, DESK)], NOON, HOUR, [old])
    outbox.enable(DESK.key)
    assert outbox.recover(DESK, NOON - HOUR, NOON) == (1, 1)
    assert sent(outbox) == ["alert-00002", "alert-00004"]
    assert outbox.recover(DESK, NOON - HOUR, NOON) == (0, 0)
    assert outbox.recover(DESK, NOON - 2 * HOUR, NOON) == (0, 1)
    assert sent(outbox) == ["alert-00006"]


def test_what_is_recovered_fills_the_gap_its_receiver_saw(outbox: Outbox) -> None:
    outbox.enqueue([(alert(1, account="hartwell"), DESK)], NOON, HOUR)
    (first,) = outbox.begin(outbox.due(DESK.key, NOON, 9, []), NOON)
    assert first is not None
    outbox.record([Finished(first, False, NOON, 500, None, False, None)], {}, NOON)
    outbox.enqueue([(alert(2, account="hartwell"), DESK)], NOON, HOUR)
    assert sent(outbox) == ["alert-00002"]
    assert outbox.recover(DESK, NOON, NOON) == (1, 0)
    (again,) = outbox.begin(outbox.due(DESK.key, NOON, 9, []), NOON)
    assert again is not None
    assert again.body == first.body
    assert json.loads(again.body)["sequence"]["number"] == 1


def test_an_endpoint_hears_again_over_http(open_receiver: OpenReceiver, open_sink: OpenSink, clock: Clock) -> None:
    receiver = open_receiver(status(410), status(200))
    sink = open_sink([endpoint(receiver.url(), kinds=("sla.breached",))])
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    sink.enqueue([alert(2), alert(3, kind="churn.risk_risen")], NOON)
    with pytest.raises(ValueError, match="disabled, gone"):
        sink.recover("acme", "desk", NOON - HOUR)
    with pytest.raises(LookupError):
        sink.recover("acme", "no-such", NOON - HOUR)
    sink.enable("acme", "desk")
    assert sink.recover("acme", "desk", NOON - HOUR) == (2, 0)
    assert sink.drain(5)
    assert [got.webhook_id for got in receiver.received[1:]] == ["alert-00001", "alert-00002"]


def test_what_another_process_enabled_hears_again(
    open_receiver: OpenReceiver, open_sink: OpenSink, tmp_path: Path
) -> None:
    receiver = open_receiver(status(410), status(200))
    sink = open_sink([endpoint(receiver.url())], replace(settings(), look_seconds=0.05))
    sink.enqueue([alert(1)], NOON)
    assert sink.drain(5)
    assert sink.circuits("acme")["desk"].disabled_reason == "gone"
    other = Outbox(tmp_path / "webhooks.db")
    other.enable(("acme", "desk"))
    other.close()
    sink.enqueue([alert(2)], NOON)
    assert [got.webhook_id for got in receiver.wait_for(2)] == ["alert-00001", "alert-00002"]


def test_who_asks_hears_what_was_raised_and_withdrawn_since(outbox: Outbox) -> None:
    outbox.enqueue([], NOON, HOUR, [alert(1), alert(2), alert(3, tenant="other")])
    first = outbox.alerts("acme", 0, 1)
    rest = outbox.alerts("acme", first[-1].cursor, 10)
    assert [one.alert_id for one in (*first, *rest)] == ["alert-00001", "alert-00002"]
    assert json.loads(first[0].body)["data"]["ticket"] == "t-1"
    end = rest[-1].cursor
    assert outbox.alerts("acme", end, 10) == []
    outbox.enqueue([], NOON, HOUR, [alert(1)])
    assert outbox.alerts("acme", end, 10) == []
    outbox.withdraw(["alert-00001", "alert-00001"], NOON)
    (taken_back,) = outbox.alerts("acme", end, 10)
    assert (taken_back.alert_id, taken_back.withdrawn) == ("alert-00001", 1)
    outbox.enqueue([], NOON, HOUR, [alert(1)])
    (again,) = outbox.alerts("acme", taken_back.cursor, 10)
    assert (again.alert_id, again.withdrawn) == ("alert-00001", 0)


def test_what_is_too_old_is_forgotten_and_no_cursor_is_given_twice(outbox: Outbox) -> None:
    outbox.enqueue([], NOON, HOUR, [alert(1), alert(2, happened_at=NOON - LOOKED_BACK)])
    (kept,) = outbox.alerts("acme", 0, 10)
    assert kept.alert_id == "alert-00001"
    outbox.tidy(NOON + LOOKED_BACK + DAY)
    outbox.enqueue([], NOON + LOOKED_BACK + DAY, HOUR, [alert(4, happened_at=NOON + LOOKED_BACK + DAY)])
    assert [one.alert_id for one in outbox.alerts("acme", kept.cursor, 10)] == ["alert-00004"]
    outbox.tidy(NOON + LOOKED_BACK + DAY)
    assert [one.alert_id for one in outbox.alerts("acme", 0, 10)] == ["alert-00004"]
