"""Is feedback that asks for something told with its steps, and why?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.instant import DAY, HOUR, format_instant
from tests.http.desk import Caller, Desk


@pytest.fixture(scope="module")
def told(desk: Desk) -> Iterator[Caller]:
    """A severe one that nobody saw to, a mild one that is older, and one that is closed."""
    with desk.caller() as caller:
        days = {number: format_instant(desk.now() - number * DAY) for number in range(1, 9)}
        given = {"form": "survey", "scale": "csat", "text": "Reports are slow", "person": "p-1"}
        step = {"by": "anna", "note": ""}
        caller.tell(
            caller.event("feedback.given", {**given, "feedback": "F-1", "score": 1.0}, time=days[3]),
            caller.event("feedback.given", {**given, "feedback": "F-2", "score": 2.0}, time=days[8]),
            caller.event("feedback.routed", {**step, "feedback": "F-2", "owner": "anna"}, time=days[8]),
            caller.event("feedback.given", {**given, "feedback": "F-3", "score": 2.0}, time=days[2]),
            caller.event("feedback.told_back", {**step, "feedback": "F-3", "ticket": None}, time=days[1]),
            caller.event("feedback.given", {**given, "feedback": "F-4", "score": 5.0}, time=days[1]),
        ).raise_for_status()
        caller.settled()
        yield caller


def test_open_loops_come_by_severity_and_age(told: Caller) -> None:
    rows = told.get("/v1/feedback", params={"open": "true"}).json()["loops"]
    assert [(row["feedback"], row["step"], row["missed"]) for row in rows] == [
        ("F-1", "routed", ["routed", "acknowledged"]),
        ("F-2", "acknowledged", ["acknowledged"]),
    ]
    assert (rows[0]["scale"], rows[0]["score"], rows[0]["text"]) == ("csat", 1.0, "Reports are slow")
    assert (rows[1]["owner"], rows[1]["account"]) == ("anna", "acct-1")


def test_all_of_them_come_with_how_steps_turned_out(told: Caller) -> None:
    said = told.get("/v1/feedback", params={"limit": 10}).json()
    assert [row["feedback"] for row in said["loops"]] == ["F-3", "F-1", "F-2"]
    counts = ("in_time", "too_late", "overdue", "not_yet")
    assert {row["step"]: tuple(row[name] for name in counts) for row in said["steps"]} == {
        "routed": (1, 1, 1, 0),
        "acknowledged": (1, 0, 2, 0),
        "acted_on": (1, 0, 0, 2),
        "told_back": (1, 0, 0, 2),
    }


def test_why_sums_to_the_steps_in_time(told: Caller) -> None:
    (why,) = [one for one in told.get("/v1/why/F-2").json()["explanations"] if one["kind"].startswith("feedback loop")]
    assert (why["kind"], why["total"]) == ("feedback loop, next: acknowledged", 1.0)
    assert sum(term["amount"] for term in why["terms"]) == 1.0
    assert why["basis"].startswith("asks for something: mild by the score; targets the default ones")


def test_the_views_can_be_asked(told: Caller) -> None:
    asked = {"sql": "SELECT step, count() AS times FROM feedback_missed GROUP BY step ORDER BY step"}
    assert told.post("/v1/sql", json=asked).json()["rows"] == [["acknowledged", 2], ["routed", 2]]


def test_what_cannot_be_asked(told: Caller) -> None:
    for path in ("/v1/feedback?open=perhaps", "/v1/feedback?limit=0"):
        assert told.get(path).status_code == 400


def test_a_step_needs_its_feedback(told: Caller) -> None:
    answer = told.tell(told.event("feedback.routed", {"feedback": "F-1", "owner": ""}, time=format_instant(HOUR)))
    assert answer.status_code == 422
