"""What was answered on solved tickets is told for an open one like them."""

from __future__ import annotations

from typing import Any

from tests.http.desk import Caller


def test_replies_come_from_solved_tickets_like_it(caller: Caller) -> None:
    said: dict[str, Any] = {"title": "Umbrella", "text": "My umbrella leaks in the rain", "requester": None, "tags": []}
    answer = {"expert": "anna", "text": "We send you a new umbrella.", "requester": None}
    caller.tell(
        caller.event("ticket.opened", {**said, "ticket": "T-1"}, account="A-1"),
        caller.event("expert.replied", {**answer, "ticket": "T-1"}, account="A-1"),
        caller.event("ticket.resolved", {"ticket": "T-1", "by": "anna", "category": "leaks"}, account="A-1"),
        caller.event("ticket.opened", {**said, "ticket": "T-2"}, account="A-2"),
    ).raise_for_status()
    caller.settled()
    (row,) = caller.get("/v1/replies/T-2").json()["replies"]
    assert (row["answer"], row["ticket"], row["outcome"], row["times"]) == (answer["text"], "T-1", "solved", 1)
    assert row["category"] == "leaks"
    assert caller.get("/v1/replies/T-1").json() == {"replies": []}
    assert caller.get("/v1/replies/T-9").status_code == 404
    assert caller.get("/v1/replies/T-2?limit=41").status_code == 400
