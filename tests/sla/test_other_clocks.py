"""Clocks beyond answers and resolution: whom they tell, whom they are for, and what they cost where nobody asks."""

from __future__ import annotations

from schemas.facts import SlaClock
from tests.sla.plain_story import Week, clocks_of, promise, promises, told

WEEK = Week()


def test_a_promise_among_those_who_work_tells_nobody_that_a_customer_was_let_down() -> None:
    said = promises(promise("all", "internal 1 h", "supplier 1 h", "requester_wait 3 h"))
    desk = told(WEEK, [said], "mon 08:00 assign first-line; mon 08:00 open; mon 08:00 status on_hold; mon 12:00", {})
    assert [(clock, WEEK.shown(at)) for clock, _, at in desk.breaches()] == [
        ("internal", "mon 09:00"),
        ("requester_wait", "mon 11:00"),
        ("supplier", "mon 09:00"),
    ]
    assert desk.heard() == [("requester_wait", WEEK.instant("mon", "11:00"), False)]


def test_an_internal_clock_runs_for_the_groups_it_names() -> None:
    policy = promise("all", "internal 1 h")
    policy["targets"][0]["groups"] = ("second-line",)
    story = "mon 08:00 open; mon 08:00 assign first-line; mon 09:00 assign second-line; mon 09:30"
    desk = told(WEEK, [promises(policy)], story, {})
    assert clocks_of(WEEK, desk) == ["internal 2: running, 0 h, due mon 10:00"]


def test_who_is_given_a_ticket_says_nothing_where_no_clock_asks_and_is_known_when_one_does() -> None:
    changes = {"internal": promises(promise("all", "internal 4 h"))}
    before = told(WEEK, [promises(promise("all", "resolution 8 h"))], "mon 08:00 open", changes)
    story = "mon 08:00 open; mon 10:00 assign second-line"
    desk = told(WEEK, [promises(promise("all", "resolution 8 h"))], story, changes)
    assert desk.history(SlaClock) == before.history(SlaClock)
    story += "; mon 11:00 say internal dated mon 07:00; mon 12:00"
    desk = told(WEEK, [promises(promise("all", "resolution 8 h"))], story, changes)
    assert clocks_of(WEEK, desk) == ["internal: running, 0 h, due mon 14:00"]
