"""What an endpoint may ask for so that it hears less: groups, a time of rest after each, office hours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from schemas.instant import HOUR, SECOND, format_instant
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.delivery_row import Due, Finished
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.outbox import Outbox
from sinks.webhook.owing import LONGEST_QUIET
from sinks.webhook.shapes import MOST_BYTES
from tests.sinks_webhook.told import NOON, ROUTING_KEY, alert, endpoint

PLAIN = endpoint("https://hooks.example.test/a")
GROUPS = replace(PLAIN, group_seconds=60)
RESTS = replace(PLAIN, cool_down_seconds=600)
OFFICE = replace(PLAIN, office_hours_only=True, at_any_hour=("sla.breached",))
LATER = NOON + 60 * SECOND


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "webhooks.db")
    yield opened
    opened.close()


def owe(outbox: Outbox, to: Endpoint, *alerts: OutgoingAlert, now: int = NOON) -> None:
    outbox.enqueue([(one, to) for one in alerts], now, HOUR)


def hartwell(number: int) -> OutgoingAlert:
    return alert(number, account="hartwell")


def sent(outbox: Outbox, now: int, *, grouping: bool = True) -> list[Due]:
    found = outbox.due(PLAIN.key, now, 100, [])
    return [one for one in outbox.begin(found, now, grouping=grouping) if one is not None]


def end(
    outbox: Outbox, due: Due, now: int, *, delivered: bool = True, unsure: bool = False, again: bool = True
) -> None:
    again_at = now + SECOND if again and not delivered else None
    outbox.record([Finished(due, delivered, now, 200 if delivered else 500, None, unsure, again_at)], {}, now)


def states(outbox: Outbox) -> dict[str, str]:
    return {row.webhook_id: row.state for row in outbox.deliveries("acme", 100)}


def test_a_group_is_one_message_with_every_alert_in_it(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1))
    owe(outbox, GROUPS, hartwell(2), alert(3, account="meridian"), now=NOON + 30 * SECOND)
    assert sent(outbox, LATER - 1) == []
    (group,) = sent(outbox, LATER)
    body = json.loads(group.body)
    assert (group.webhook_id, body["type"], body["account"]) == ("alert-00001.group", "alerts.grouped", "hartwell")
    assert body["summary"] == "2 alerts about hartwell"
    assert body["alerts"] == [json.loads(hartwell(number).body) for number in (1, 2)]
    assert body["sequence"] == {"key": "hartwell", "number": 1}
    end(outbox, group, LATER)
    told = states(outbox)
    assert (told["alert-00001"], told["alert-00002"], told["alert-00001.group"]) == ("delivered",) * 3
    (other,) = sent(outbox, LATER + 30 * SECOND)
    assert json.loads(other.body)["type"] == "sla.breached"


def test_those_who_come_later_are_the_next_group(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (first,) = sent(outbox, LATER)
    owe(outbox, GROUPS, hartwell(3), hartwell(4), now=LATER)
    end(outbox, first, LATER)
    assert sent(outbox, LATER + 59 * SECOND) == []
    (second,) = sent(outbox, LATER + 60 * SECOND)
    assert json.loads(second.body)["sequence"]["number"] == 2
    assert len(json.loads(second.body)["alerts"]) == 2


def test_a_group_tried_again_says_the_same_bytes(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (first,) = sent(outbox, LATER)
    end(outbox, first, LATER, delivered=False)
    owe(outbox, GROUPS, hartwell(3), now=LATER)
    (again,) = sent(outbox, LATER + SECOND)
    assert (again.webhook_id, again.body, again.attempts) == (first.webhook_id, first.body, 1)


@pytest.mark.parametrize(("delivered", "unsure", "told"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_one_of_a_group_is_taken_back_while_the_group_is_sent(
    outbox: Outbox, delivered: bool, unsure: bool, told: int
) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (group,) = sent(outbox, LATER)
    outbox.withdraw(["alert-00002"], LATER)
    assert states(outbox)["alert-00002"] == "withdrawn"
    end(outbox, group, LATER, delivered=delivered, unsure=unsure)
    assert sum(name == "alert-00002.withdrawn" for name in states(outbox)) == told
    assert "alert-00001.withdrawn" not in states(outbox)


def test_one_of_a_group_is_taken_back_after_it_was_told(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (group,) = sent(outbox, LATER)
    end(outbox, group, LATER)
    outbox.withdraw(["alert-00001"], LATER)
    (withdrawal,) = sent(outbox, LATER)
    assert json.loads(withdrawal.body)["data"]["alert_id"] == "alert-00001"
    assert json.loads(withdrawal.body)["sequence"]["number"] == 2


def test_a_withdrawal_is_told_before_a_group_that_waits(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1))
    (first,) = sent(outbox, LATER)
    end(outbox, first, LATER)
    outbox.withdraw(["alert-00001"], LATER)
    owe(outbox, GROUPS, hartwell(2), hartwell(3), now=LATER)
    late = LATER + 60 * SECOND
    (withdrawal,) = sent(outbox, late)
    assert withdrawal.webhook_id == "alert-00001.withdrawn"
    end(outbox, withdrawal, late)
    assert [one.webhook_id for one in sent(outbox, late)] == ["alert-00002.group"]


def test_one_that_stands_again_while_its_group_is_sent_is_not_taken_back(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (group,) = sent(outbox, LATER)
    outbox.withdraw(["alert-00002"], LATER)
    owe(outbox, GROUPS, hartwell(2), now=LATER)
    end(outbox, group, LATER)
    assert states(outbox) == dict.fromkeys(["alert-00001", "alert-00002", "alert-00001.group"], "delivered")


def test_what_is_taken_back_before_the_group_is_sent_is_not_in_it(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2), hartwell(3))
    outbox.withdraw(["alert-00001"], NOON)
    (group,) = sent(outbox, LATER)
    assert [one["data"]["ticket"] for one in json.loads(group.body)["alerts"]] == ["t-2", "t-3"]


def test_a_group_that_is_given_up_can_be_recovered_whole(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (group,) = sent(outbox, LATER)
    end(outbox, group, LATER, delivered=False, again=False)
    assert set(states(outbox).values()) == {"abandoned"}
    assert outbox.recover(GROUPS, NOON, LATER) == (1, 0)
    (again,) = sent(outbox, LATER)
    assert again.body == group.body
    end(outbox, again, LATER)
    assert set(states(outbox).values()) == {"delivered"}


def test_an_alert_may_lead_a_second_group(outbox: Outbox) -> None:
    owe(outbox, GROUPS, hartwell(1), hartwell(2))
    (first,) = sent(outbox, LATER)
    end(outbox, first, LATER, delivered=False, again=False)
    outbox.withdraw(["alert-00001", "alert-00002"], LATER)
    owe(outbox, GROUPS, hartwell(1), hartwell(2), now=LATER)
    (second,) = sent(outbox, LATER + 60 * SECOND)
    assert second.webhook_id == "alert-00001.group1"
    end(outbox, second, LATER + 60 * SECOND)
    assert states(outbox)["alert-00001"] == "delivered"


def test_a_group_has_no_more_than_a_message_may_hold(outbox: Outbox) -> None:
    heavy = [
        replace(hartwell(number), body=orjson.dumps({"type": "sla.breached", "data": {"ticket": "x" * 5000}}))
        for number in range(6)
    ]
    owe(outbox, GROUPS, *heavy)
    met = 0
    while met < 6:
        (group,) = sent(outbox, LATER)
        assert len(group.body) <= MOST_BYTES
        met += len(json.loads(group.body).get("alerts", [1]))
        end(outbox, group, LATER)
    assert set(states(outbox).values()) == {"delivered"}


def test_a_group_in_chat_is_a_line_each(outbox: Outbox) -> None:
    chat = replace(GROUPS, shape="slack", secrets=())
    owe(outbox, chat, *[hartwell(number) for number in range(1, 8)])
    (group,) = sent(outbox, LATER)
    header, section = json.loads(group.body)["blocks"]
    assert header["text"]["text"] == "7 alerts about hartwell"
    lines = [field["text"] for field in section["fields"]]
    assert lines[3:] == [
        "1 sla.breached\nTicket 1 breached its promise",
        "2 sla.breached\nTicket 2 breached its promise",
        "3 sla.breached\nTicket 3 breached its promise",
        "4 sla.breached\nTicket 4 breached its promise",
        "and\n3 more",
    ]


def test_the_same_about_the_same_is_told_once_in_a_while(outbox: Outbox) -> None:
    def dropped(number: int, at: int, subject: str = "hartwell") -> OutgoingAlert:
        return replace(alert(number, kind="health.dropped", happened_at=at), subject=subject)

    owe(outbox, RESTS, dropped(1, NOON))
    owe(outbox, RESTS, dropped(2, LATER), dropped(3, LATER, "meridian"), alert(4), now=LATER)
    owe(outbox, RESTS, dropped(5, NOON + 600 * SECOND), now=NOON + 600 * SECOND)
    assert states(outbox) == {
        "alert-00001": "pending",
        "alert-00002": "cooled_down",
        "alert-00003": "pending",
        "alert-00004": "pending",
        "alert-00005": "pending",
    }
    (row,) = [row for row in outbox.deliveries("acme", 9) if row.state == "cooled_down"]
    assert (row.reason, row.number) == ("cool_down: alert-00001", None)


def test_what_rested_is_told_when_the_one_before_it_no_longer_holds(outbox: Outbox) -> None:
    said = [replace(alert(number, kind="health.dropped"), subject="hartwell") for number in (1, 2, 3)]
    for one in said:
        owe(outbox, RESTS, one)
    assert list(states(outbox).values()).count("cooled_down") == 2
    (first,) = sent(outbox, NOON)
    end(outbox, first, NOON)
    outbox.withdraw(["alert-00001"], LATER)
    assert states(outbox)["alert-00003"] == "pending"
    assert states(outbox)["alert-00002"] == "cooled_down"
    outbox.withdraw(["alert-00003"], LATER)
    assert states(outbox)["alert-00002"] == "pending"


def closed_until(number: int, at: int, kind: str = "churn.risk_risen") -> OutgoingAlert:
    body = orjson.dumps({"type": kind, "summary": f"Number {number}", "opens_at": format_instant(at)})
    return replace(alert(number, kind=kind, account="hartwell"), body=body)


def test_outside_office_hours_an_alert_waits_until_they_begin(outbox: Outbox) -> None:
    owe(outbox, OFFICE, closed_until(1, NOON + 2 * HOUR))
    assert sent(outbox, NOON + 2 * HOUR - 1) == []
    assert outbox.next_due_at(PLAIN.key, NOON) == NOON + 2 * HOUR
    outbox.tidy(NOON + 2 * HOUR - 1)
    assert [due.webhook_id for due in sent(outbox, NOON + 2 * HOUR)] == ["alert-00001"]


def test_what_is_told_at_any_hour_does_not_wait_for_what_waits(outbox: Outbox) -> None:
    owe(outbox, OFFICE, closed_until(1, NOON + 2 * HOUR), closed_until(2, NOON + 2 * HOUR, "sla.breached"))
    (urgent,) = sent(outbox, NOON)
    assert (urgent.webhook_id, json.loads(urgent.body)["sequence"]["number"]) == ("alert-00002", 1)


def test_an_endpoint_that_did_not_ask_for_quiet_has_none(outbox: Outbox) -> None:
    owe(outbox, PLAIN, closed_until(1, NOON + 2 * HOUR))
    assert len(sent(outbox, NOON)) == 1


@pytest.mark.parametrize(("opens_at", "waits"), [(NOON - HOUR, 0), (NOON + 30 * 24 * HOUR, LONGEST_QUIET)])
def test_quiet_lasts_no_longer_than_a_long_weekend(outbox: Outbox, opens_at: int, waits: int) -> None:
    owe(outbox, OFFICE, closed_until(1, opens_at))
    (row,) = outbox.deliveries("acme", 9)
    assert row.due_at == NOON + waits
    # What waited is not given up for having waited.
    outbox.tidy(NOON + waits + 119 * HOUR)
    assert len(sent(outbox, NOON + waits + 119 * HOUR)) == 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"group_seconds": -1}, "group_seconds is -1"),
        ({"group_seconds": 3601}, "take 0 to 3600"),
        ({"cool_down_seconds": 604_801}, "take 0 to 604800"),
        ({"group_seconds": 5, "shape": "pagerduty", "secrets": (ROUTING_KEY,)}, "one alert at a time"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(PLAIN, **settings)  # type: ignore[arg-type]
