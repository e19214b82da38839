"""The checklist of a ticket, how an expert's develops, and what is suspected."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from processors.catalog import PROCESSORS
from processors.checklist import answer
from processors.gaming import EMPTY, FLAPPING, PAUSE
from schemas.alerts import AlertRaised
from schemas.conduct import GamingSuspected, QualityChecked, QualityTrend
from schemas.experts import ExpertReplied
from schemas.instant import DAY, HOUR, MINUTE
from schemas.settings import SettingsSlaChanged
from schemas.tickets import (
    TicketAssigned,
    TicketMessageAdded,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from streams.driver import Driver
from tests.routing.bench import MONDAY

HEARD = ("quality", "quality.trend", "gaming", "settings", "accounts", "sla")
GOOD = "Hello, we have corrected the invoice and sent you a new one by mail."


class Desk(Driver):
    """Things said a minute apart unless told when; promises are the default ones (an answer within 8 hours)."""

    def __init__(self) -> None:
        super().__init__([one for one in PROCESSORS if one.name in HEARD])
        self.now = MONDAY

    def say(self, data: Any, after: int = MINUTE) -> None:
        self.now += after
        self.send(data, self.now, account="A")

    def opens(self, ticket: str = "T", **told: Any) -> None:
        self.say(TicketOpened(ticket=ticket, text="Help", **told))

    def writes(self, text: str = "Hello?", after: int = MINUTE) -> None:
        self.say(TicketMessageAdded(ticket="T", author="customer", text=text), after)

    def answers(self, text: str = GOOD, ticket: str = "T", expert: str = "anna", after: int = MINUTE) -> None:
        self.say(ExpertReplied(ticket=ticket, expert=expert, text=text), after)

    def solves(self, ticket: str = "T", category: str | None = "billing") -> None:
        self.say(TicketResolved(ticket=ticket, category=category))

    def moves(self, status: Any, after: int = MINUTE) -> None:
        self.say(TicketStatusChanged(ticket="T", status=status, by="anna"), after)

    def failed(self) -> tuple[str, ...]:
        return self.fact(QualityChecked).failed

    def patterns(self) -> list[str]:
        return [one.pattern for one in self.facts(GamingSuspected)]


def test_a_ticket_well_handled_passes_everything() -> None:
    desk = Desk()
    desk.opens(group="first")
    desk.answers()
    assert desk.facts(QualityChecked) == []
    desk.solves()
    fact = desk.fact(QualityChecked)
    assert (fact.passed, fact.applicable, fact.failed, fact.expert, fact.group) == (12, 12, (), "anna", "first")
    explained = fact.explain(1)
    assert explained.total == sum(term.amount for term in explained.terms) == 12


@pytest.mark.parametrize(
    ("what", "item"),
    [
        ("nobody answers", "somebody answered"),
        ("no greeting", "the first answer greets"),
        ("short", "the first answer has 40 letters"),
        ("empty", "no answer is empty"),
        ("two experts", "one expert answered"),
        ("customer last", "the last word before its end is ours"),
        ("asked twice", "nobody had to ask twice"),
        ("late", "the first answer was in time"),
        ("no category", "its category was named"),
        ("two groups", "it stayed with one group"),
    ],
)
def test_each_item_fails_for_its_reason(what: str, item: str) -> None:
    desk = Desk()
    desk.opens(group="first")
    if what == "asked twice":
        desk.writes()
    if what == "two groups":
        desk.say(TicketAssigned(ticket="T", group="second"))
    texts = {"no greeting": GOOD.removeprefix("Hello, "), "short": "Hello, it is done."}
    if what != "nobody answers":
        desk.answers(texts.get(what, GOOD), after=9 * HOUR if what == "late" else MINUTE)
    if what == "empty":
        desk.answers("ok")
    if what == "two experts":
        desk.answers(expert="ben")
    if what == "customer last":
        desk.writes()
    desk.solves(category=None if what == "no category" else "billing")
    assert item in desk.failed()
    assert set(desk.failed()) <= {item, "every promise was kept", "the last word before its end is ours"}


def test_thanks_after_the_end_change_nothing_and_a_reopening_does() -> None:
    desk = Desk()
    desk.opens()
    desk.answers()
    desk.solves()
    desk.writes("Thank you!")
    assert desk.failed() == ()
    desk.say(TicketReopened(ticket="T"))
    assert desk.facts(QualityChecked) == []
    desk.answers()
    desk.solves()
    assert desk.failed() == ("it was not opened again",)


def test_a_breach_that_is_taken_back_passes_its_items_again() -> None:
    desk = Desk()
    desk.opens()
    opened_at = desk.now
    desk.answers(after=9 * HOUR)
    desk.solves()
    assert desk.failed() == ("the first answer was in time", "every promise was kept")
    desk.send(ExpertReplied(ticket="T", expert="anna", text=GOOD), opened_at + HOUR, account="A", taken_at=desk.now + 1)
    assert desk.failed() == ()


@pytest.mark.parametrize(
    ("text", "greets"),
    [("Hello Kim", True), ("Sehr geehrte Frau Kim", True), ("Buenos días", True), ("It is done", False), ("", False)],
)
def test_greetings(text: str, greets: bool) -> None:
    assert answer("e", text).greets is greets


def test_a_drop_of_more_than_a_tenth_is_told_once() -> None:
    desk = Desk()
    for number in range(48):
        ticket = f"T-{number}"
        desk.opens(ticket)
        desk.answers(GOOD if number < 30 else "k", ticket)
        desk.solves(ticket, "billing" if number < 30 else None)
    trend = desk.fact(QualityTrend)
    assert (trend.tickets, trend.tickets_before, trend.dropped) == (20, 28, True)
    assert trend.passed * trend.applicable_before * 10 < trend.passed_before * trend.applicable * 9
    alerts = [one for one in desk.facts(AlertRaised) if one.alert == "quality.dropped"]
    assert len(alerts) == 1
    assert alerts[0].subject == "anna"


@pytest.mark.parametrize(
    ("after", "answered", "suspected"),
    [
        (117 * HOUR, False, True),
        (117 * HOUR, True, False),
        (4 * HOUR, False, False),
        (121 * HOUR, False, False),
        (int(7.5 * HOUR), False, False),  # the promise to answer does not stand still
    ],
)
def test_a_pause_just_before_a_breach(after: int, answered: bool, suspected: bool) -> None:
    desk = Desk()
    desk.opens()
    opened = desk.records[-1].id
    if answered:
        desk.answers()
    desk.moves("pending", after)
    assert (desk.patterns() == [PAUSE]) is suspected
    if suspected:
        fact = desk.fact(GamingSuspected)
        assert (fact.expert, fact.evidence) == ("anna", (opened, desk.records[-1].id))


def promised(*targets: dict[str, Any]) -> SettingsSlaChanged:
    policy = {"name": "p", "targets": targets, "calendar": "always"}
    return SettingsSlaChanged.model_validate_json(orjson.dumps({"policies": [policy]}))


FIRST_ANSWER = {"clock": "first_response", "target_seconds": 3_600}


@pytest.mark.parametrize(
    ("paused", "status", "reason", "suspected"),
    [
        ({"paused_on": ["pending"]}, "pending", None, True),
        ({"paused_on": ["pending"]}, "on_hold", None, False),
        ({"paused_reasons": ["Awaiting vendor"]}, "on_hold", "awaiting vendor", True),
        ({"paused_reasons": ["Awaiting vendor"]}, "on_hold", "awaiting approval", False),
        ({}, "pending", None, False),
    ],
)
def test_only_a_pause_that_stops_a_promise_is_suspected(
    paused: dict[str, Any], status: Any, reason: str | None, suspected: bool
) -> None:
    desk = Desk()
    desk.say(promised(FIRST_ANSWER, {"clock": "resolution", "target_seconds": 10 * 3_600, **paused}))
    desk.opens()
    # A promise that was broken before hides none that is about to be.
    desk.say(TicketStatusChanged(ticket="T", status=status, status_raw=reason, by="anna"), int(9.6 * HOUR))
    assert (PAUSE in desk.patterns()) is suspected


def test_a_pause_that_stops_nothing_does_not_hide_the_next() -> None:
    desk = Desk()
    desk.say(promised({"clock": "resolution", "target_seconds": 10 * 3_600, "paused_on": ["pending"]}))
    desk.opens()
    desk.moves("on_hold", HOUR)
    desk.moves("pending", int(8.6 * HOUR))
    assert desk.patterns() == [PAUSE]
    assert desk.fact(GamingSuspected).detail.startswith("96 %")


def test_an_empty_answer_to_somebody_who_waits() -> None:
    desk = Desk()
    desk.opens()
    desk.answers("...")
    assert desk.patterns() == [EMPTY]
    desk.answers("Ok.")
    desk.writes()
    desk.answers("")
    assert desk.patterns() == [EMPTY]


def test_flapping_without_a_word() -> None:
    desk = Desk()
    desk.opens()
    desk.answers()
    for status in ("pending", "open", "on_hold", "pending", "open"):
        desk.moves(status, HOUR)
    assert desk.patterns() == [FLAPPING]
    assert len(desk.fact(GamingSuspected).evidence) == 4


def test_reopening_is_a_way_out_of_a_pause() -> None:
    desk = Desk()
    desk.opens()
    desk.answers()
    for _ in range(2):
        desk.moves("pending", HOUR)
        desk.say(TicketReopened(ticket="T", by="anna"), HOUR)
    assert desk.patterns() == [FLAPPING]


@pytest.mark.parametrize("between", ["a word", "days"])
def test_changes_with_words_or_days_in_between_are_no_flapping(between: str) -> None:
    desk = Desk()
    desk.opens()
    for status in ("pending", "open", "on_hold", "open", "pending", "open"):
        desk.answers() if between == "a word" else None
        desk.moves(status, DAY if between == "days" else HOUR)
    assert FLAPPING not in desk.patterns()
