"""Promises judged by walking every quarter of an hour, with everything arriving late, swapped and twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.sla_why import why_clock
from schemas.accounts import AccountUpdated
from schemas.event import Data
from schemas.experts import ExpertReplied
from schemas.facts import EventLate, SlaBreached, SlaClock, SlaWarned
from schemas.settings import SettingsCalendarChanged, SettingsLimitsChanged, SettingsSlaChanged
from schemas.tickets import (
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from tests.calendars.minute_oracle import SlowCalendar
from tests.sla.desk import TENANT, Desk
from tests.sla.quarter_oracle import QUARTER_US, Happening, Openings, Outcome, PlainPolicy, PlainTarget, World, outcomes

DAY = 96
# Three weeks in which the clock of Berlin goes back; every instant lies within one horizon.
START_DAY = (date(2026, 10, 14) - date(1970, 1, 1)).days
START = START_DAY * DAY
LIFE_DAYS = 12
END_DAYS = 24

CALENDARS: dict[str, tuple[str, list[tuple[str, str, str]], dict[str, list[tuple[str, str]]]]] = {
    "office": (
        "Europe/Berlin",
        [
            (day, *span)
            for day in ("mon", "tue", "wed", "thu", "fri")
            for span in (("08:00", "12:00"), ("13:00", "17:30"))
        ],
        {"2026-10-20": [], "2026-10-26": [("09:00", "10:15")]},
    ),
    "nights": ("Asia/Kathmandu", [(day, "22:00", "06:30") for day in ("mon", "wed", "sat", "sun")], {}),
}


@cache
def open_quarters(name: str) -> Sequence[int]:
    """One byte per quarter from START on; opening times are whole quarters."""
    days = LIFE_DAYS + END_DAYS + 50
    if name == "always":
        return bytes([1]) * (days * DAY)
    zone, hours, holidays = CALENDARS[name]
    return bytes(SlowCalendar(zone, hours, holidays).open_minutes(START_DAY, START_DAY + days)[::15])


@dataclass
class Case:
    """What is true, and when each of it is taken: (quarters of arrival, what)."""

    world: World
    arrivals: list[tuple[int, int, str, Data, str | None]]  # taken at, occurred at, event id, data, account


statuses = st.sampled_from(["new", "open", "pending", "on_hold", "solved", "closed"])
priorities = st.sampled_from(["low", "normal", "high", "urgent"])
tiers = st.sampled_from(["free", "premium", "enterprise"])
targets = st.builds(
    PlainTarget,
    quarters=st.one_of(st.integers(1, 12), st.integers(1, 60)).map(lambda hours: hours * 4),
    paused_on=st.sampled_from([(), ("pending",), ("pending", "on_hold"), ("new",)]),
    warn=st.sampled_from([(), (50,), (25, 75), (50, 75)]),
)
policies = st.builds(
    PlainPolicy,
    name=st.sampled_from(["p", "q"]),
    targets=st.dictionaries(st.sampled_from(["first_response", "next_response", "resolution"]), targets, min_size=1),
    tiers=st.sampled_from([(), (), ("enterprise",), ("free", "premium")]),
    priorities=st.sampled_from([(), (), ("urgent", "high")]),
    calendar=st.sampled_from(["always", "office", "nights"]),
)


# Few hours, so that things often bear the same instant and come exactly when something is due.
BUSY = [START + 4 * hour for hour in (48, 49, 50, 52, 54, 57, 60, 72, 75, 80, 96, 120, 121, 144)]


def instants(draw: st.DrawFn, count: int) -> list[int]:
    """Quarters in the ticket's life, some of them the same."""
    any_time = st.integers(START, START + LIFE_DAYS * DAY)
    return draw(st.lists(st.one_of(st.sampled_from(BUSY), any_time), min_size=count, max_size=count))


KINDS = ["ask", "reply", "status", "priority", "ask", "reply", "status", "resolved", "reopened", "closed", "merged"]


def data_of(one: Happening) -> Data:
    plain: dict[str, Any] = {"ticket": "T"}
    match one.what:
        case "opened":
            return TicketOpened.model_validate(plain | {"priority": one.value or None})
        case "ask":
            return TicketMessageAdded.model_validate(plain | {"author": "customer"})
        case "reply":
            return ExpertReplied.model_validate(plain | {"expert": "x"})
        case "status":
            return TicketStatusChanged.model_validate(plain | {"status": one.value})
        case "priority":
            return TicketPriorityChanged.model_validate(plain | {"priority": one.value})
        case "merged":
            return TicketMerged.model_validate(plain | {"into": "U"})
        case what:
            plainly: dict[str, type[Data]] = {
                "resolved": TicketResolved,
                "reopened": TicketReopened,
                "closed": TicketClosed,
            }
            return plainly[what].model_validate(plain)


def settings_of(chosen: list[PlainPolicy]) -> SettingsSlaChanged:
    plain = [
        {
            "name": policy.name,
            "tiers": policy.tiers,
            "priorities": policy.priorities,
            "calendar": policy.calendar,
            "targets": tuple(
                {
                    "clock": clock,
                    "target_seconds": target.quarters * 900,
                    "paused_on": target.paused_on,
                    "warn_percent": target.warn,
                }
                for clock, target in policy.targets.items()
            ),
        }
        for policy in chosen
    ]
    return SettingsSlaChanged.model_validate({"policies": tuple(plain)})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=10))
    opening = draw(st.one_of(st.just(BUSY[0]), st.integers(START, BUSY[0])))
    happenings = [Happening(opening, "opened", "e0", draw(st.sampled_from(["", "high"])))]
    values = {"status": statuses, "priority": priorities}
    for number, (what, at) in enumerate(zip(kinds, instants(draw, len(kinds)), strict=True), 1):
        happenings.append(Happening(at, what, f"e{number}", draw(values[what]) if what in values else ""))
    said = draw(st.lists(st.lists(policies, min_size=1, max_size=3), min_size=1, max_size=2))
    dated = [(START + (place - 1) * DAY, chosen) for place, chosen in enumerate(said)]
    ats = sorted(dict.fromkeys(instants(draw, draw(st.integers(0, 3)))))
    changes = [(at, draw(tiers)) for at in ats]
    world = World(
        happenings,
        dated,
        changes,
        Openings({name: open_quarters(name) for name in ("always", *CALENDARS)}),
        START,
        START,
    )
    events: list[tuple[int, str, Data, str | None]] = [(one.at, one.id, data_of(one), "a") for one in happenings]
    events += [(at, f"s{at}", settings_of(chosen), None) for at, chosen in dated]
    events += [(at, f"t{at}", AccountUpdated.model_validate({"tier": tier}), "a") for at, tier in changes]
    delays = st.one_of(st.just(0), st.integers(0, 10 * DAY))
    arrivals = [(at + draw(delays), at, id_, data, account) for at, id_, data, account in events]
    arrivals += [(at + draw(delays), at, id_, data, account) for at, id_, data, account in draw(some_of(events))]
    world.now = max([START + draw(st.integers(0, END_DAYS * DAY)), *(arrival[0] for arrival in arrivals)])
    return Case(world, draw(st.permutations(arrivals)))


def some_of(
    events: list[tuple[int, str, Data, str | None]],
) -> st.SearchStrategy[list[tuple[int, str, Data, str | None]]]:
    return st.lists(st.sampled_from(events), max_size=3)


def told(case: Case, horizon_days: int = 32) -> Desk:
    """A desk that has taken everything in order of arrival, and waited until the end."""
    desk = Desk()
    desk.say(SettingsLimitsChanged(horizon_days=horizon_days), (START - 20 * DAY) * QUARTER_US, account=None)
    for name, (zone, hours, holidays) in CALENDARS.items():
        plain = {
            "name": name,
            "zone": zone,
            "hours": tuple({"weekday": day, "start": start, "end": end} for day, start, end in hours),
            "holidays": tuple({"date": day, "hours": tuple(spans)} for day, spans in holidays.items()),
        }
        desk.say(SettingsCalendarChanged.model_validate(plain), (START - 10 * DAY) * QUARTER_US, account=None)
    for taken_at, at, event_id, data, account in sorted(case.arrivals, key=lambda arrival: arrival[0]):
        if taken_at * QUARTER_US > desk.clock:
            desk.wait_until(taken_at * QUARTER_US)
        desk.say(data, at * QUARTER_US, event_id=event_id, account=account, taken_at=taken_at * QUARTER_US)
    desk.wait_until(case.world.now * QUARTER_US)
    return desk


def instant(quarter: int | None) -> int | None:
    return None if quarter is None else quarter * QUARTER_US


def expected(key: tuple[str, int], outcome: Outcome) -> tuple[object, ...]:
    return (
        *key,
        outcome.state,
        outcome.policy,
        instant(outcome.started_at),
        instant(outcome.fulfilled_at),
        instant(outcome.breached_at),
        instant(outcome.read_at),
        outcome.elapsed * 900.0,
        instant(outcome.due_at),
    )


def found(fact: SlaClock) -> tuple[object, ...]:
    return (
        fact.clock,
        fact.cycle,
        fact.state,
        fact.policy,
        fact.started_at,
        fact.fulfilled_at,
        fact.breached_at,
        fact.evaluated_at,
        fact.elapsed_seconds,
        fact.due_at,
    )


def assert_as_walked(desk: Desk, world: World) -> None:
    judged = outcomes(world)
    assert sorted(map(found, desk.facts(SlaClock)), key=repr) == sorted(
        (expected(key, outcome) for key, outcome in judged.items()), key=repr
    )
    assert desk.breaches() == sorted(
        (*key, outcome.breached_at * QUARTER_US) for key, outcome in judged.items() if outcome.breached_at is not None
    )
    assert {(f.clock, f.cycle, f.percent): (f.warned_at, f.due_at) for f in desk.facts(SlaWarned)} == {
        (*key, percent): (at * QUARTER_US, instant(due_at))
        for key, outcome in judged.items()
        for percent, (at, due_at) in outcome.warned.items()
    }


@given(cases())
@settings(max_examples=150, deadline=None)
def test_promises_are_what_walking_every_quarter_finds_whatever_came_when(case: Case) -> None:
    assert_as_walked(told(case), case.world)


@given(cases(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_what_is_settled_before_a_short_horizon_is_still_counted(case: Case, horizon_days: int) -> None:
    first = START - DAY
    case.world.tiers.insert(0, (first, "free"))  # a first tier holds for all time before it, so it has to be early
    at_once = [(at, at, event_id, data, account) for _, at, event_id, data, account in case.arrivals]
    at_once.append((first, first, "tier", AccountUpdated(tier="free"), "a"))
    desk = told(Case(case.world, at_once), horizon_days)
    assert_as_walked(desk, case.world)
    assert desk.history(EventLate) == []


@given(cases())
@settings(max_examples=40, deadline=None)
def test_every_order_of_arrival_ends_in_the_same_facts(case: Case) -> None:
    at_once = [(at, at, event_id, data, account) for _, at, event_id, data, account in case.arrivals]
    swapped, straight = told(case), told(Case(case.world, at_once))
    for kind in (SlaClock, SlaBreached, SlaWarned):
        assert sorted(map(repr, swapped.facts(kind))) == sorted(map(repr, straight.facts(kind)))


@given(cases())
@settings(max_examples=40, deadline=None)
def test_segments_follow_one_another_and_sum_to_what_the_fact_says(case: Case) -> None:
    desk = told(case)
    for fact in desk.facts(SlaClock):
        why = why_clock(desk.cell(), desk.engine.fold_of(TENANT), fact.clock, fact.cycle)
        assert why is not None
        assert sum(segment.counted_us for segment in why.segments) == why.reading.elapsed_us
        assert why.reading.elapsed_us / 1_000_000 == fact.elapsed_seconds
        assert abs(sum(term.amount for term in fact.terms) - fact.elapsed_seconds) < 1e-6
        place = fact.started_at
        for segment in why.segments:
            assert segment.started_at == place
            assert segment.counted_us in (0, segment.ended_at - segment.started_at)
            place = segment.ended_at
