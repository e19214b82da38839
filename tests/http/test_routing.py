"""Are the queue, the experts, the escalations, expected work and demand told, and why?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.instant import HOUR, format_instant
from tests.http.desk import Caller, Desk

THERE = {"expert": "anna", "group": "first", "capacity": 1, "channel_capacity": {}}


@pytest.fixture(scope="module")
def told(desk: Desk) -> Iterator[Caller]:
    """One expert with room for one ticket, who has it, and one ticket that waits and escalates."""
    with desk.caller() as caller:
        begun = format_instant(desk.now() - 2 * HOUR)
        opened = {"group": None, "title": "Hello", "text": "Hello"}
        leaving = {"text": "We cancel our contract. Kim, CEO", "title": "Goodbye", "priority": "urgent"}
        caller.tell(
            caller.event("expert.availability_changed", THERE, time=begun),
            caller.event("ticket.opened", {**opened, "ticket": "T-1"}),
            caller.event("ticket.opened", {**opened, **leaving, "ticket": "T-2"}),
            caller.event("ticket.opened", {**opened, "ticket": "T-3"}),
            caller.event("ticket.assigned", {"ticket": "T-3", "group": "first", "assignee": "ben"}),
            caller.event("expert.replied", {"ticket": "T-3", "expert": "anna", "text": "Ok."}),
            caller.event("ticket.resolved", {"ticket": "T-3", "by": "anna"}),
        ).raise_for_status()
        caller.settled()
        yield caller


def test_who_waits_and_why(told: Caller) -> None:
    (row,) = told.get("/v1/queue").json()["waiting"]
    assert (row["ticket"], row["title"]) == ("T-2", "Goodbye")
    assert row["reason"] == "none of 1 who are there can take it"
    assert row["exclusions"] == ["anna: has 1 of 1 tickets"]


def test_who_helps(told: Caller) -> None:
    (row,) = told.get("/v1/experts").json()["experts"]
    assert (row["expert"], row["tickets"], row["capacity"], row["status"]) == ("anna", 1, 1, "online")
    assert (row["suspicions"], row["dropped"]) == (1, False)
    assert 0 < row["passed"] < row["applicable"]


def test_what_teams_have_in_hand(told: Caller) -> None:
    (row,) = [row for row in told.get("/v1/experts").json()["teams"] if row["team"] == "first"]
    assert (row["experts"], row["online"], row["tickets"], row["capacity"], row["fatigue_percent"]) == (1, 1, 1, 1, 0)


def test_what_is_escalated(told: Caller) -> None:
    (row,) = told.get("/v1/escalations").json()["escalations"]
    assert (row["ticket"], row["points"], row["priority"]) == ("T-2", 110, "urgent")
    assert [label.split()[0] for label, _, _ in row["terms"]] == ["any", "speaks", "an"]


@pytest.mark.parametrize(
    ("id_", "kinds"),
    [
        ("T-1", {"routed", "conversation"}),
        ("T-2", {"escalation", "conversation"}),
        ("T-3", {"quality", "conversation"}),
        ("anna", {"fatigue"}),
    ],
)
def test_every_why_sums_to_what_it_explains(told: Caller, id_: str, kinds: set[str]) -> None:
    said = told.get(f"/v1/why/{id_}").json()["explanations"]
    assert kinds <= {one["kind"].split()[0] for one in said}
    for one in said:
        assert sum(term["amount"] for term in one["terms"]) == pytest.approx(one["total"])


def test_a_conversation_is_scored_at_its_end_and_before(told: Caller) -> None:
    scores = {ticket: told.get(f"/v1/tickets/{ticket}").json()["conversation_score"] for ticket in ("T-1", "T-3")}
    # An hour without an answer, and not solved; an empty answer.
    assert scores == {"T-1": 89, "T-3": 90}


def test_the_views_can_be_asked(told: Caller) -> None:
    asked = {"sql": "SELECT verdict, count() AS times FROM route_verdicts GROUP BY verdict"}
    assert told.post("/v1/sql", json=asked).json()["rows"] == []
    asked = {"sql": "SELECT pattern, evidence FROM gaming"}
    ((pattern, evidence),) = told.post("/v1/sql", json=asked).json()["rows"]
    assert (pattern, len(evidence)) == ("empty answer", 2)


@pytest.fixture(scope="module")
def busy(desk: Desk) -> Iterator[Caller]:
    """Nine days with a ticket every other hour, each solved at once, and then a burst."""
    with desk.caller() as caller:
        began = desk.now() - 9 * 24 * HOUR
        events = []
        for number in range(108):
            at, ticket = began + 2 * number * HOUR, f"B-{number}"
            opened = caller.event("ticket.opened", {"ticket": ticket}, time=format_instant(at))
            solved = caller.event("ticket.resolved", {"ticket": ticket, "by": "anna"}, time=format_instant(at + 1))
            events += [opened, solved]
        burst = [format_instant(desk.now() - HOUR + number) for number in range(25)]
        events += [caller.event("ticket.opened", {"ticket": f"S-{time}"}, time=time) for time in burst]
        caller.tell(*events).raise_for_status()
        caller.settled()
        yield caller


def test_how_many_tickets_will_come_and_what_spiked(busy: Caller) -> None:
    found = busy.get("/v1/demand").json()
    (every,) = [row for row in found["expected"] if row["topic"] == "all topics"]
    assert 0 < every["expected"] < 12
    assert every["low"] <= every["expected"] <= every["high"]
    (spike,) = [row for row in found["spikes"] if row["topic"] == "all topics"]
    assert spike["tickets"] > spike["edge"] > spike["expected"]
    assert spike["over_at"] is None
    assert spike["event_ids"]
    said = busy.get("/v1/why/all topics").json()["explanations"]
    assert {one["kind"] for one in said} == {"demand of 6 h", "spike"}
    for one in said:
        assert sum(term["amount"] for term in one["terms"]) == one["total"]


def test_how_long_a_ticket_will_take_is_told_and_why(busy: Caller) -> None:
    asked = {"sql": "SELECT minutes, usual_minutes, handled_minutes FROM handling WHERE ticket = 'B-100'"}
    assert busy.post("/v1/sql", json=asked).json()["rows"] == [[5, 5, 5]]
    (one,) = [one for one in busy.get("/v1/why/B-100").json()["explanations"] if one["kind"].startswith("handling")]
    assert sum(term["amount"] for term in one["terms"]) == one["total"]
