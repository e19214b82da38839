"""Who is recommended, who waits, and what becomes of a recommendation."""

from __future__ import annotations

import re
from typing import Any

import pytest

from processors.handling_model import LEAST_LABELS
from schemas.experts import ExpertReplied
from schemas.explanation import Term
from schemas.facts import PredictionMade
from schemas.instant import HOUR, MINUTE, SECOND
from schemas.routing import TeamAdvised, TicketQueued, TicketRouted
from schemas.settings import ClockTarget, SettingsSlaChanged, SettingsTaxonomyChanged, SlaPolicy
from schemas.tickets import TicketMessageAdded, TicketPriorityChanged, TicketStatusChanged
from tests.routing.bench import DAY, MONDAY, Bench


def test_the_one_with_the_skill_is_recommended_and_the_points_say_why() -> None:
    bench = Bench()
    bench.say(SettingsTaxonomyChanged(categories={"money": ("refund", "invoice"), "keys": ("password",)}))
    bench.there("anna", capacity=4, skills=["keys"], languages=["en"])
    bench.there("ben", capacity=4, skills=["money"], languages=["de"])
    bench.opens("T", language="en", title="Refund of the invoice", text="Please refund our invoice")
    (route,) = bench.routes("T")
    assert [(term.label, term.amount) for term in route.terms] == [
        ("skills: 1 of money", 4_000.0),
        ("load: 0 of 4 tickets", 2_500.0),
        ("language: does not speak en", 0.0),
        ("time: not known", 500.0),
        ("freshness: 0 min without a break", 500.0),
    ]
    assert (route.expert, route.score, route.candidates) == ("ben", 7_500, (("ben", 7_500.0), ("anna", 5_500.0)))
    explained = route.explain(1)
    assert explained.total == sum(term.amount for term in explained.terms)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"capacity": 0}, "anna: has 0 of 0 tickets"),
        ({"capacity": 3, "channel_capacity": {"chat": 0}}, "anna: has 0 of 0 on chat"),
    ],
)
def test_who_cannot_is_excluded_and_it_is_said_why(told: dict[str, Any], reason: str) -> None:
    bench = Bench()
    bench.there("anna", **told)
    bench.opens("T", channel="chat")
    queued = bench.fact(TicketQueued)
    assert queued.exclusions == (reason,)
    assert queued.reason == "none of 1 who are there can take it"
    bench.there("ben", capacity=1)
    assert bench.taker("T") == "ben"
    assert bench.routes("T")[0].exclusions == (reason,)
    assert bench.facts(TicketQueued) == []


def test_nobody_who_is_away_is_recommended() -> None:
    bench = Bench()
    bench.there("anna", "away", capacity=3)
    bench.opens("T")
    assert bench.fact(TicketQueued).reason == "nobody is there (1 are away)"
    bench.there("anna")
    assert bench.taker("T") == "anna"
    assert bench.routes("T")[0].waited_seconds == 60


def test_the_queue_is_drained_by_time_left_when_somebody_has_room() -> None:
    bench = Bench()
    quick, slow = (ClockTarget(clock="resolution", target_seconds=hours * 3_600) for hours in (1, 10))
    policies = (
        SlaPolicy(name="quick", priorities=("urgent",), targets=(quick,)),
        SlaPolicy(name="slow", targets=(slow,)),
    )
    bench.say(SettingsSlaChanged(policies=policies))
    bench.there("anna", capacity=1)
    bench.opens("A")
    for ticket, priority in (("B", "low"), ("C", "urgent"), ("D", "normal")):
        bench.opens(ticket, priority=priority)
    assert bench.queued() == ["C", "B", "D"]
    bench.solves("A", by="anna")
    assert bench.taker("C") == "anna"
    assert bench.queued() == ["B", "D"]
    bench.assigns("C", assignee="somebody else")
    assert (bench.taker("B"), bench.queued()) == ("anna", ["D"])
    bench.there("anna", capacity=2)
    assert (bench.taker("D"), bench.queued()) == ("anna", [])


def test_settings_that_give_room_drain_the_queue() -> None:
    bench = Bench()
    bench.rules(default_capacity=1)
    bench.there("anna")
    bench.opens("A")
    bench.opens("B")
    assert bench.queued() == ["B"]
    bench.rules(default_capacity=2)
    assert bench.taker("B") == "anna"


def test_a_group_is_kept_to_as_long_as_somebody_of_it_is_known() -> None:
    bench = Bench()
    bench.there("anna", group="first", capacity=5)
    bench.there("ben", "offline", group="second", capacity=5)
    bench.opens("A", group="second")
    assert bench.fact(TicketQueued).exclusions == ("anna: not of group second",)
    bench.opens("B", group="third")
    assert bench.taker("B") == "anna"
    bench.there("ben", group="first", capacity=5)
    assert bench.taker("A") is not None


def test_what_people_decide_wins() -> None:
    bench = Bench()
    bench.there("anna", capacity=1)
    bench.there("ben", capacity=1)
    bench.opens("T")
    bench.assigns("T", assignee="ben")
    loads = bench.loads()
    assert (loads["anna"].tickets, loads["ben"].tickets) == (0, 1)
    assert bench.verdicts() == {"T 1": "other expert"}
    bench.opens("U")
    assert bench.taker("U") == "anna"


def test_people_may_give_more_than_fits_and_nothing_is_added() -> None:
    bench = Bench()
    bench.there("anna", capacity=1)
    for ticket in "ABC":
        bench.opens(ticket, assignee="anna")
    assert bench.loads()["anna"].tickets == 3
    bench.opens("D")
    bench.solves("A")
    bench.solves("B")
    assert bench.queued() == ["D"]
    bench.solves("C")
    assert bench.taker("D") == "anna"


def test_who_leaves_gives_back_what_was_not_taken_up() -> None:
    bench = Bench()
    bench.there("anna", capacity=2)
    bench.opens("A")
    bench.opens("B")
    bench.replies("anna", "A")
    bench.there("ben", capacity=2)
    bench.there("anna", "offline")
    assert (bench.taker("A"), bench.taker("B")) == ("anna", "ben")
    assert bench.verdicts() == {"B 1": "not taken"}


def test_a_ticket_that_comes_back_goes_to_who_knows_it() -> None:
    bench = Bench()
    bench.there("anna", capacity=4)
    bench.there("ben", capacity=4)
    bench.opens("T")
    bench.solves("T", by="anna")
    bench.opens("U", assignee="anna")
    bench.reopens("T")
    assert bench.taker("T") == "anna"
    assert bench.routes("T")[-1].terms[-1].label == "has had this ticket before"
    bench.solves("T", by="anna")
    bench.tick(bench.now + 8 * DAY)
    assert "T" not in bench.desk.cases


def test_a_status_ends_and_reopens_as_well() -> None:
    bench = Bench()
    bench.there("anna", capacity=1)
    bench.opens("T")
    bench.say(TicketStatusChanged(ticket="T", status="solved"))
    assert bench.loads()["anna"].tickets == 0
    bench.say(TicketStatusChanged(ticket="T", status="open"))
    assert bench.loads()["anna"].tickets == 1


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("answered", "right"),
        ("assigned", "right"),
        ("solved", "right"),
        ("solved by another", "other group"),
        ("given to a group", "other group"),
        ("given to a colleague", "other expert"),
        ("nothing", "not taken"),
    ],
)
def test_a_decision_is_judged(what: str, verdict: str) -> None:
    bench = Bench()
    bench.there("anna", group="first", capacity=2)
    bench.there("colin", "away", group="first", capacity=2)
    bench.there("ben", "away", group="second", capacity=2)
    bench.opens("T")
    match what:
        case "answered":
            bench.replies("anna", "T")
        case "assigned":
            bench.assigns("T", assignee="anna")
        case "solved":
            bench.solves("T", by="anna")
        case "solved by another":
            bench.solves("T", by="ben")
        case "given to a group":
            bench.assigns("T", group="second")
        case "given to a colleague":
            bench.assigns("T", assignee="colin")
    bench.tick(bench.now + 25 * HOUR)
    assert bench.verdicts()["T 1"] == verdict


def test_work_without_a_break_tires_and_a_break_rests() -> None:
    bench = Bench()
    bench.there("anna", capacity=3)
    bench.there("ben", capacity=3)
    bench.opens("T", assignee="anna")
    for number in range(16):
        bench.replies("anna", "T", MONDAY + HOUR + number * 10 * MINUTE)
    load = bench.loads()["anna"]
    assert (load.handled_minutes, load.fatigue_percent) == (150, 50)
    assert sum(term.amount for term in load.terms) == 50
    bench.tick(bench.now + 16 * MINUTE)
    assert bench.loads()["anna"].fatigue_percent == 0


def test_a_tired_one_is_spared_if_that_weighs_enough() -> None:
    bench = Bench()
    bench.rules(fatigue=100, load=0)
    bench.there("anna", capacity=9)
    bench.there("ben", capacity=9)
    bench.opens("T", assignee="anna")
    for number in range(16):
        bench.replies("anna", "T", MONDAY + HOUR + number * 10 * MINUTE)
    bench.opens("U")
    assert bench.taker("U") == "ben"


def test_the_quicker_one_is_recommended_when_little_time_is_left() -> None:
    bench = Bench()
    bench.rules(time=100, load=0)
    for expert in ("anna", "ben"):
        bench.there(expert, capacity=9)
    for expert, minutes in (("anna", 600), ("ben", 10)):
        bench.opens(f"by {expert}", assignee=expert)
        bench.replies(expert, f"by {expert}", at=bench.now + minutes * MINUTE)
        bench.solves(f"by {expert}", by=expert, at=bench.now + HOUR)
    bench.tick(bench.now + HOUR)
    bench.opens("T")
    assert bench.taker("T") == "ben"
    assert "usually answers in 10" in bench.routes("T")[0].terms[3].label


def test_a_ticket_that_is_more_work_than_usual_needs_more_of_the_time_that_is_left() -> None:
    bench = Bench()
    target = ClockTarget(clock="first_response", target_seconds=3_600)
    bench.say(SettingsSlaChanged(policies=(SlaPolicy(name="hour", targets=(target,)),)))
    bench.there("anna", capacity=2)
    for number in range(3 * LEAST_LABELS):
        channel = "phone" if number % 4 == 3 else "email"
        bench.opens(f"T{number}", channel=channel)
        acted_at = bench.now + 10 * MINUTE
        for act in range(5 if channel == "phone" else 1):
            bench.replies("anna", f"T{number}", acted_at + act * HOUR)
        bench.solves(f"T{number}", by="anna")
    bench.opens("usual", channel="email")
    bench.opens("long", channel="phone")
    first, second = bench.routes("usual")[0].terms[3], bench.routes("long")[0].terms[3]
    assert first == Term("time: 60 min left, usually answers in 10", 850.0)
    found = re.fullmatch(r"time: 60 min left, usually answers in 10, this one is (\d+) min more work", second.label)
    assert found is not None
    more = int(found[1])
    assert 5 <= more <= 25, "at most five acts more than the one of the usual ticket, of five minutes each"
    assert second.amount == 10.0 * (100 * 60 // (60 + 10 + more))


def test_a_tenant_that_tells_nobody_is_there_is_not_routed() -> None:
    bench = Bench()
    bench.opens("T")
    assert bench.facts(TicketRouted) == []
    assert bench.facts(TicketQueued) == []


def test_where_tickets_end_teaches_which_team_is_advised() -> None:
    bench = Bench()
    words = {"money": "invoice payment refund", "keys": "password login token"}
    for number in range(40):
        team = ("money", "keys")[number % 2]
        bench.opens(f"T-{number}", title=words[team])
        bench.assigns(f"T-{number}", group=team)
        bench.solves(f"T-{number}", by="somebody")
    bench.there("anna", group="money", capacity=1)
    bench.there("ben", group="keys", capacity=1)
    bench.opens("T", title="the password of our login")
    advice = next(one for one in bench.facts(TeamAdvised) if one.ticket == "T")
    assert (advice.group, bench.taker("T")) == ("keys", "ben")
    assert advice.logit == pytest.approx(sum(term.amount for term in advice.terms))
    bench.assigns("T", group="money")
    (made,) = [one for one in bench.facts(PredictionMade) if one.entity == "T" and one.model == "team"]
    assert (made.answer, made.label, made.correct) == ("keys", None, None)
    bench.solves("T")
    (made,) = [one for one in bench.facts(PredictionMade) if one.entity == "T" and one.model == "team"]
    assert (made.label, made.correct) == ("money", False)


def test_a_ticket_that_is_given_on_within_a_day_teaches_at_once() -> None:
    bench = Bench()
    bench.opens("T", title="invoice", group="first")
    bench.opens("U", title="login", group="first", at=bench.now)
    bench.assigns("T", group="second")
    bench.opens("V", title="invoice")
    advice = next(one for one in bench.facts(TeamAdvised) if one.ticket == "V")
    assert (advice.group, advice.n) == ("second", 1)
    bench.say(TicketStatusChanged(ticket="U", status="open"), bench.now + 2 * DAY)
    bench.assigns("U", group="second")
    bench.opens("W", title="invoice")
    assert next(one for one in bench.facts(TeamAdvised) if one.ticket == "W").n == 1


def test_the_queue_tells_what_changes_of_a_ticket_that_waits() -> None:
    bench = Bench()
    quick, slow = (ClockTarget(clock="resolution", target_seconds=hours * 3_600) for hours in (1, 10))
    policies = (
        SlaPolicy(name="quick", priorities=("urgent",), targets=(quick,)),
        SlaPolicy(name="slow", targets=(slow,)),
    )
    bench.say(SettingsSlaChanged(policies=policies))
    bench.there("anna", capacity=0)
    bench.opens("A")
    bench.opens("B")
    before = {one.ticket: one for one in bench.facts(TicketQueued)}["B"]
    bench.say(TicketPriorityChanged(ticket="B", priority="urgent"))
    after = {one.ticket: one for one in bench.facts(TicketQueued)}["B"]
    assert (bench.queued(), after.priority) == (["B", "A"], "urgent")
    assert before.due_at is not None
    assert (after.due_at, after.queued_at) == (before.due_at - 9 * HOUR, before.queued_at)
    bench.say(TicketMessageAdded(ticket="A", author="customer", text="Our production is down, this is an emergency!"))
    told = {one.ticket: one.priority for one in bench.facts(TicketQueued)}
    assert told["A"] == bench.desk.cases["A"].priority != "normal"
    bench.there("anna", capacity=1)
    assert bench.taker("B") == "anna"


def test_an_answer_moves_a_ticket_that_waits_to_its_next_promise() -> None:
    bench = Bench()
    first, last = (
        ClockTarget(clock="first_response", target_seconds=600),
        ClockTarget(clock="resolution", target_seconds=7_200),
    )
    bench.say(SettingsSlaChanged(policies=(SlaPolicy(name="all", targets=(first, last)),)))
    bench.there("anna", capacity=0)
    bench.opens("T")
    due_at = bench.fact(TicketQueued).due_at
    bench.say(TicketMessageAdded(ticket="T", author="expert", person="lead", text="We are on it."))
    assert due_at is not None
    assert bench.fact(TicketQueued).due_at == due_at + 6_600 * SECOND


def test_an_expert_who_moves_to_another_group_is_told_of() -> None:
    bench = Bench()
    bench.there("anna", capacity=3, group="first")
    bench.there("anna", group="second")
    assert bench.loads()["anna"].group == "second"


@pytest.mark.parametrize(
    "answer",
    [ExpertReplied(ticket="T", expert="anna"), TicketMessageAdded(ticket="T", author="expert", person="anna")],
)
def test_an_answer_counts_however_it_is_told(answer: ExpertReplied | TicketMessageAdded) -> None:
    bench = Bench()
    bench.there("anna", capacity=1)
    bench.opens("T")
    bench.say(answer, bench.now + 5 * MINUTE)
    case, seat = bench.desk.cases["T"], bench.desk.seats["anna"]
    assert case.route is not None
    assert (case.route.is_taken, case.is_answered, seat.usual_answer_seconds) == (True, True, 300)


def test_a_private_answer_is_none() -> None:
    bench = Bench()
    bench.there("anna", capacity=0)
    bench.opens("T")
    for public, answered in ((False, False), (True, True)):
        bench.say(ExpertReplied(ticket="T", expert="anna", public=public))
        assert bench.desk.cases["T"].is_answered is answered
