"""The breaches that the generator expects are those that the product finds, to the microsecond."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from infra.demo.company import Arrival, Company, company
from processors.accounts import ACCOUNTS
from processors.settings import SETTINGS
from processors.sla import SLA
from schemas.decode import decode
from schemas.event import Event
from schemas.facts import SlaBreached
from schemas.instant import DAY, HOUR, parse_instant
from schemas.reasons import Refusal
from schemas.system import BackfillEnded, BackfillStarted
from streams.driver import Driver

# Clocks change within the 90 days before, a Sunday night, and summer.
ENDS = ("2026-04-03T09:00:00Z", "2026-11-08T23:10:00Z", "2026-08-12T14:30:00Z")


def _events(arrivals: Sequence[Arrival], until: int) -> list[Event]:
    """What a door would take, each once, in this order."""
    taken: dict[tuple[str, str], Event] = {}
    for arrival in arrivals:
        if b'"usage.' not in arrival.raw:
            with suppress(Refusal):
                event = decode(arrival.raw)
                if event.occurred_at <= until:
                    taken.setdefault((event.source, event.id), event.stamped(recorded_at=arrival.arrived_at))
    return list(taken.values())


def _found(driver: Driver) -> dict[tuple[str, str, int], int]:
    return {(fact.ticket, fact.clock, fact.cycle): fact.breached_at for fact in driver.facts(SlaBreached)}


def _check(driver: Driver, made: Company) -> None:
    for until in (made.at, made.at + 6 * HOUR):
        driver.tick(until)
        assert _found(driver) == made.truth.breaches(until)


@pytest.mark.parametrize("end", ENDS)
def test_as_they_arrive(end: str) -> None:
    made = company(5, parse_instant(end), 0.06)
    driver = Driver((SLA, SETTINGS, ACCOUNTS))
    driver.fold(_events(tuple(made.arrivals()), made.at))
    _check(driver, made)


def test_as_a_backfill_with_a_live_tail() -> None:
    made = company(6, parse_instant(ENDS[0]), 0.06)
    arrivals = tuple(made.arrivals())
    driver = Driver((SLA, SETTINGS, ACCOUNTS))
    driver.send(BackfillStarted(name="history"), made.start - DAY, taken_at=made.at)
    history = _events(
        sorted((one for one in arrivals if one.phase == "history"), key=lambda one: one.occurred_at), made.at
    )
    driver.fold([event.stamped(recorded_at=made.at, backfill=True) for event in history])
    driver.send(BackfillEnded(name="history", records=len(history)), made.at - DAY, taken_at=made.at)
    known = {(event.source, event.id) for event in history}
    live = _events([one for one in arrivals if one.phase == "live"], made.at)
    driver.fold([event for event in live if (event.source, event.id) not in known])
    _check(driver, made)


def test_some_answers_come_so_late_that_a_breach_was_told_before() -> None:
    made = company(6, parse_instant(ENDS[2]), 0.06)
    driver = Driver((SLA, SETTINGS, ACCOUNTS))
    events = _events(tuple(made.arrivals()), made.at)
    told = set[tuple[str, str, int]]()
    tail = next(place for place, event in enumerate(events) if event.recorded_at >= made.at - DAY)
    driver.fold(events[:tail])
    for event in events[tail:]:
        driver.fold([event])
        told.update(_found(driver))
    assert len(told - set(made.truth.breaches())) >= 2
