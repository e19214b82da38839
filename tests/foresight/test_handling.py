"""Minutes of work: what counts as work, what is foretold before and after it was learned, and that terms sum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.handling import HANDLING
from processors.handling_model import HANDLING_MODEL, LEAST_LABELS, HandlingKnowledge, minutes_of, thousandths_of
from processors.settings import SETTINGS
from schemas.emitted import TicketClassified
from schemas.event import Data
from schemas.experts import ExpertNoted, ExpertReplied
from schemas.foresight import HandlingForecast
from schemas.instant import DAY, MINUTE, parse_instant
from schemas.tickets import TicketOpened, TicketResolved
from streams.driver import Driver

AT = parse_instant("2026-06-01T08:00:00Z")
CATALOG = (HANDLING, SETTINGS, HANDLING_MODEL)


def reply(ticket: str = "T", by: str = "anna") -> Data:
    return ExpertReplied(ticket=ticket, expert=by)


def solved(ticket: str = "T", by: str | None = "anna") -> Data:
    return TicketResolved(ticket=ticket, by=by)


def ticket(driver: Driver, name: str, at: int, category: str, acts: int) -> None:
    """A ticket of a category on which somebody acts so often, the last time to solve it."""
    driver.send(TicketOpened(ticket=name, channel="email"), at)
    driver.send(TicketClassified(ticket=name, category=category), at)
    for place in range(acts - 1):
        driver.send(reply(name), at + (place + 1) * 60 * MINUTE)
    driver.send(solved(name), at + acts * 60 * MINUTE)


@pytest.fixture(scope="module")
def learned() -> Driver:
    driver = Driver(CATALOG)
    for number in range(60):
        ticket(driver, f"L{number}", AT + number * DAY, "login", 1)
        ticket(driver, f"I{number}", AT + number * DAY + 1, "invoice", 8)
    return driver


@pytest.mark.parametrize(
    ("acts", "minutes"),
    [
        ([(solved(), 0)], 5),
        ([(reply(), 0), (solved(), 10)], 15),
        ([(reply(), 0), (solved(), 15)], 20),
        ([(reply(), 0), (solved(), 16)], 10),
        ([(reply(by="ben"), 0), (solved(), 10)], 10),
        ([(ExpertNoted(ticket="T", expert="anna"), 0), (reply(), 7), (solved(), 9)], 14),
        ([(reply(), 0), (solved(by=None), 10)], 5),
        ([(reply(), 10), (reply(), 0), (solved(), 12)], 12),
    ],
)
def test_what_counts_as_work(acts: list[tuple[Data, int]], minutes: int) -> None:
    driver = Driver(CATALOG)
    ticket(driver, "first", AT - DAY, "login", 1)
    driver.send(TicketOpened(ticket="T"), AT)
    driver.send(TicketClassified(ticket="T"), AT)
    for data, after in acts:
        driver.send(data, AT + (60 + after) * MINUTE, taken_at=AT + 100 * MINUTE)
    (fact,) = [one for one in driver.facts(HandlingForecast) if one.ticket == "T"]
    assert (fact.handled_minutes, fact.usual_minutes, fact.n) == (minutes, 5, 1)


def test_nothing_is_foretold_before_anything_was_solved_nor_learned_from_what_nobody_did() -> None:
    driver = Driver(CATALOG)
    for number in range(3):
        driver.send(TicketOpened(ticket=f"T{number}"), AT + number)
        driver.send(TicketClassified(ticket=f"T{number}"), AT + number)
        driver.send(solved(f"T{number}", by=None), AT + number)
    assert driver.facts(HandlingForecast) == []


def test_what_takes_long_is_told_by_its_category(learned: Driver) -> None:
    facts = {one.ticket: one for one in learned.facts(HandlingForecast)}
    login, invoice = facts["L59"], facts["I59"]
    assert (login.model, login.handled_minutes) == ("the tenant's own", 5)
    assert 5 <= login.minutes <= 6
    assert 28 <= invoice.minutes <= 45
    assert invoice.handled_minutes == 40
    assert facts["L5"].model == "the usual ticket"
    for one in facts.values():
        assert one.low_minutes <= one.minutes <= one.high_minutes
        assert sum(term.amount for term in one.terms) == one.log_thousandths
        assert minutes_of(one.log_thousandths) == one.minutes


def test_a_ticket_is_foretold_once_and_teaches_once(learned: Driver) -> None:
    hash_before = learned.facts(HandlingForecast)
    learned.send(TicketClassified(ticket="L59", category="invoice"), AT + 100 * DAY)
    learned.send(solved("L59"), AT + 100 * DAY)
    assert learned.facts(HandlingForecast) == hash_before


def test_a_restart_changes_nothing() -> None:
    drivers = [Driver(CATALOG), Driver(CATALOG)]
    for driver in drivers:
        for number in range(LEAST_LABELS + 5):
            ticket(driver, f"T{number}", AT + number * DAY, "login" if number % 3 else "invoice", 1 + number % 4)
            if driver is drivers[1]:
                driver.restart()
    assert drivers[0].hash == drivers[1].hash


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 10_000_000)), min_size=1, max_size=120))
def test_terms_always_sum_and_the_range_holds_the_median(labels: list[tuple[str, int]]) -> None:
    knowledge = HandlingKnowledge()
    for value, seconds in labels:
        knowledge.learn((value, "same"), seconds)
        found = knowledge.expected((value, "same", "never seen"))
        assert sum(term.amount for term in found.terms) == found.total
        assert found.low <= found.total <= found.high
        assert 0 <= thousandths_of(seconds) <= 13_000
