"""The delivery log by itself: what is owed, once for ever, and what a withdrawal does to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.instant import DAY, HOUR, SECOND
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import DeliveryRow, Due, Finished
from sinks.webhook.ending import KEPT_FOR
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.outbox import Outbox
from sinks.webhook.schedule import GIVE_UP_AFTER
from tests.sinks_webhook.told import NOON, ROUTING_KEY, alert, endpoint

DESK = endpoint("https://hooks.example.test/a")
PAGER = endpoint("https://hooks.example.test/b", "pager", shape="pagerduty", secrets=(ROUTING_KEY,))
HOUR_OLD = HOUR


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "webhooks.db")
    yield opened
    opened.close()


def rows(outbox: Outbox) -> dict[tuple[str, str], DeliveryRow]:
    return {(row.webhook_id, row.endpoint_id): row for row in outbox.deliveries("acme", 100)}


def owe(outbox: Outbox, *numbers: int, to: Endpoint = DESK) -> None:
    outbox.enqueue([(alert(number), to) for number in numbers], NOON, HOUR_OLD)


def taken(outbox: Outbox, to: Endpoint = DESK, now: int = NOON) -> list[Due]:
    """What is sent now, as it is sent."""
    return [one for one in outbox.begin(outbox.due(to.key, now, 100, []), now) if one is not None]


def outcome(due: Due, *, delivered: bool = False, unsure: bool = False, again_at: int | None = None) -> Finished:
    return Finished(due, delivered, NOON, 200 if delivered else None, None, unsure, again_at)


def test_an_alert_is_owed_once_to_each_endpoint(outbox: Outbox) -> None:
    for _ in range(3):
        owe(outbox, 1, 2)
        owe(outbox, 1, to=PAGER)
    assert sorted(rows(outbox)) == [("alert-00001", "desk"), ("alert-00001", "pager"), ("alert-00002", "desk")]


def test_the_first_body_is_the_one_that_is_sent(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.enqueue([(replace(alert(1), body=b'{"other":1}'), DESK)], NOON, HOUR_OLD)
    assert [json.loads(due.body)["data"] for due in taken(outbox)] == [json.loads(alert(1).body)["data"]]


def test_an_alert_that_is_delivered_is_not_owed_again(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.record([outcome(taken(outbox)[0], delivered=True)], {}, NOON)
    owe(outbox, 1)
    assert taken(outbox) == []
    assert rows(outbox)["alert-00001", "desk"].state == "delivered"


@pytest.mark.parametrize(
    ("age", "state"), [(0, "pending"), (HOUR, "pending"), (HOUR + 1, "not_sent_old"), (-DAY, "pending")]
)
def test_an_old_alert_is_logged_and_not_sent(outbox: Outbox, age: int, state: str) -> None:
    outbox.enqueue([(alert(1, happened_at=NOON - age), DESK)], NOON, HOUR_OLD)
    row = rows(outbox)["alert-00001", "desk"]
    assert (row.state, row.reason) == (state, None if state == "pending" else "old")
    assert len(taken(outbox)) == (state == "pending")


def test_one_unsendable_alert_holds_up_no_other(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.enqueue([(replace(alert(2), body=b"no json"), DESK), (alert(3), DESK)], NOON, HOUR_OLD)
    assert rows(outbox)["alert-00002", "desk"].reason == "bad_body"
    assert rows(outbox)["alert-00002", "desk"].state == "abandoned"
    assert [due.webhook_id for due in taken(outbox)] == ["alert-00001", "alert-00003"]


def test_what_is_taken_or_not_yet_due_is_left_out(outbox: Outbox) -> None:
    owe(outbox, 1, 2, 3, 4)
    first = taken(outbox)[0]
    outbox.record([outcome(first, again_at=NOON + 5 * SECOND)], {}, NOON)
    assert [due.webhook_id for due in outbox.due(DESK.key, NOON, 1, ["alert-00002"])] == ["alert-00003"]
    assert outbox.next_due_at(DESK.key, NOON) == NOON + 5 * SECOND
    later = [due for due in taken(outbox, now=NOON + 5 * SECOND) if due.webhook_id == "alert-00001"]
    assert [due.attempts for due in later] == [1]
    assert later[0].body == first.body


def test_a_failure_without_a_next_time_is_abandoned(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.record([outcome(taken(outbox)[0])], {}, NOON + SECOND)
    row = rows(outbox)["alert-00001", "desk"]
    assert (row.state, row.attempts, row.ended_at) == ("abandoned", 1, NOON + SECOND)


def withdrawals(outbox: Outbox) -> list[dict[str, object]]:
    return [json.loads(due.body)["data"] for due in taken(outbox) if due.webhook_id.endswith(".withdrawn")]


def test_a_pending_alert_is_dropped(outbox: Outbox) -> None:
    owe(outbox, 1)
    assert outbox.withdraw(["alert-00001"], NOON) == []
    assert rows(outbox)["alert-00001", "desk"].state == "withdrawn"
    assert taken(outbox) == []


def test_a_delivered_alert_is_taken_back_once(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.record([outcome(taken(outbox)[0], delivered=True)], {}, NOON)
    for later in range(3):
        outbox.withdraw(["alert-00001"], NOON + later)
    assert sorted(rows(outbox)) == [("alert-00001", "desk"), ("alert-00001.withdrawn", "desk")]
    assert [told["alert_id"] for told in withdrawals(outbox)] == ["alert-00001"]


def test_an_alert_that_nobody_heard_of_is_owed_when_it_is_raised_again(outbox: Outbox) -> None:
    owe(outbox, 1)
    for _ in range(2):
        outbox.withdraw(["alert-00001"], NOON)
        assert taken(outbox) == []
        owe(outbox, 1)
    (due,) = taken(outbox)
    outbox.record([outcome(due, delivered=True)], {}, NOON)
    assert taken(outbox) == []
    assert rows(outbox)["alert-00001", "desk"].state == "delivered"


def test_an_alert_that_was_told_is_not_told_again(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.record([outcome(taken(outbox)[0], delivered=True)], {}, NOON)
    outbox.withdraw(["alert-00001"], NOON)
    owe(outbox, 1)
    assert [due.webhook_id for due in taken(outbox)] == ["alert-00001.withdrawn"]


def test_an_alert_raised_again_while_it_is_sent_is_told_once(outbox: Outbox) -> None:
    owe(outbox, 1)
    (due,) = taken(outbox)
    outbox.withdraw(["alert-00001"], NOON)
    owe(outbox, 1)
    assert outbox.record([outcome(due, delivered=True)], {}, NOON) == []
    assert taken(outbox) == []
    assert sorted(rows(outbox)) == [("alert-00001", "desk")]


@pytest.mark.parametrize(("delivered", "unsure", "told"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_an_alert_taken_back_while_it_is_sent(outbox: Outbox, delivered: bool, unsure: bool, told: int) -> None:
    owe(outbox, 1)
    (due,) = taken(outbox)
    outbox.withdraw(["alert-00001"], NOON)
    owed = outbox.record([outcome(due, delivered=delivered, unsure=unsure, again_at=NOON + SECOND)], {}, NOON)
    assert owed == [DESK.key] * told
    assert len(withdrawals(outbox)) == told
    assert rows(outbox)["alert-00001", "desk"].state == ("delivered" if delivered else "withdrawn")


@pytest.mark.parametrize(("unsure", "told"), [(True, 1), (False, 0)])
def test_an_alert_that_may_have_arrived_is_taken_back_aloud(outbox: Outbox, unsure: bool, told: int) -> None:
    owe(outbox, 1)
    outbox.record([outcome(taken(outbox)[0], unsure=unsure, again_at=NOON + SECOND)], {}, NOON)
    outbox.withdraw(["alert-00001"], NOON)
    assert len(withdrawals(outbox)) == told


@pytest.mark.parametrize("withdrawn_before", [False, True])
def test_what_was_under_way_when_a_process_ended_may_have_arrived(tmp_path: Path, withdrawn_before: bool) -> None:
    first = Outbox(tmp_path / "w.db")
    owe(first, 1)
    taken(first)
    owe(first, 2)
    if withdrawn_before:
        first.withdraw(["alert-00001", "alert-00002"], NOON)
    first.close()
    second = Outbox(tmp_path / "w.db")
    second.resume(NOON)
    second.withdraw(["alert-00001", "alert-00002"], NOON)
    assert [told["alert_id"] for told in withdrawals(second)] == ["alert-00001"]
    second.close()


def test_a_disabled_endpoint_is_owed_nothing_more_until_it_is_enabled(outbox: Outbox) -> None:
    outbox.circuits([DESK])
    owe(outbox, 1, 2)
    outbox.record([outcome(taken(outbox)[0])], {DESK.key: Circuit().disabled("gone")}, NOON)
    owe(outbox, 3)
    reasons = {row.webhook_id: (row.state, row.reason) for row in rows(outbox).values()}
    assert reasons["alert-00002"] == reasons["alert-00003"] == ("abandoned", "endpoint_disabled: gone")
    outbox.enable(DESK.key)
    owe(outbox, 4)
    assert [due.webhook_id for due in taken(outbox)] == ["alert-00004"]


def test_a_new_address_starts_afresh_and_no_address_is_kept(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "w.db")
    outbox.circuits([DESK])
    outbox.record([], {DESK.key: Circuit().failed(NOON).disabled("gone")}, NOON)
    assert outbox.circuits([DESK])[DESK.key].disabled_reason == "gone"
    assert outbox.circuits([replace(DESK, url="https://hooks.example.test/new")])[DESK.key] == Circuit()
    owe(outbox, 1)
    outbox.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"alert-00001" in kept
    assert b"hooks.example.test" not in kept
    assert b"whsec_" not in kept


def test_five_days_later_a_delivery_is_given_up_and_much_later_forgotten(outbox: Outbox) -> None:
    owe(outbox, 1)
    outbox.tidy(NOON + GIVE_UP_AFTER - 1)
    assert len(taken(outbox)) == 1
    outbox.tidy(NOON + GIVE_UP_AFTER)
    assert (rows(outbox)["alert-00001", "desk"].reason, taken(outbox)) == ("too_late", [])
    outbox.tidy(NOON + GIVE_UP_AFTER + KEPT_FOR + 1)
    assert rows(outbox) == {}


def test_tenants_do_not_see_each_other(outbox: Outbox) -> None:
    other = endpoint("https://hooks.example.test/a", tenant="other")
    owe(outbox, 1)
    outbox.enqueue([(alert(2, tenant="other"), other)], NOON, HOUR_OLD)
    assert [row.webhook_id for row in outbox.deliveries("acme", 10)] == ["alert-00001"]
    assert [due.webhook_id for due in taken(outbox, other)] == ["alert-00002"]


def test_the_newest_is_read_first_and_no_more_than_asked_for(outbox: Outbox) -> None:
    for number in range(5):
        outbox.enqueue([(alert(number, happened_at=NOON), DESK)], NOON + number, HOUR_OLD)
    assert [row.webhook_id for row in outbox.deliveries("acme", 2)] == ["alert-00004", "alert-00003"]


def test_on_a_connection_handed_in_the_log_is_part_of_the_callers_transaction(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shared.db", check_same_thread=False)
    outbox = Outbox(connection)
    connection.execute("CREATE TABLE mine (n INTEGER)")
    connection.execute("INSERT INTO mine VALUES (1)")
    owe(outbox, 1)
    connection.rollback()
    assert rows(outbox) == {}
    owe(outbox, 2)
    assert not connection.in_transaction
    connection.execute("INSERT INTO mine VALUES (2)")
    with pytest.raises(AttributeError):
        outbox.enqueue([(alert(3), None)], NOON, HOUR_OLD)  # type: ignore[list-item]
    connection.commit()
    assert connection.execute("SELECT n FROM mine").fetchall() == [(2,)]
    assert list(rows(outbox)) == [("alert-00002", "desk")]
    outbox.close()
    connection.close()
