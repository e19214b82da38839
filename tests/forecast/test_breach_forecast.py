"""When is a promise foretold, when does it teach, and do the reasons sum to what is said?"""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.breach_features import Standing
from processors.breach_forecast import BREACH_FORECAST
from processors.breach_model import BREACH_MODEL
from processors.probability import logistic, total_of
from schemas.facts import PredictionMade
from schemas.forecasts import SlaForecast
from schemas.instant import HOUR
from schemas.settings import SettingsSlaChanged
from schemas.tickets import TicketAssigned, TicketMerged, TicketReopened, TicketStatusChanged
from streams.batch import CellId
from tests.forecast.desk import TARGET_HOURS, Desk, Taught

BEGUN, UNDER_WAY = "breach.resolution", "breach.resolution under way"


def test_a_promise_is_foretold_from_its_beginning_until_its_end() -> None:
    desk = Desk()
    desk.open("T-1", 1)
    told = desk.forecasts()["T-1"]
    assert (told.model, told.n, told.due_at, told.event_id) == ("breach.rule", 0, desk.at(11), "T-1 opened")
    assert math.isclose(told.probability, 0.2)
    desk.solve("T-1", 3)
    assert desk.forecasts() == {}


def test_it_is_foretold_again_when_something_happens_and_not_in_between() -> None:
    desk = Desk(paused_on=("pending",))
    desk.open("T-1", 0)
    said = [desk.forecasts()["T-1"].predicted_at]
    desk.tick(desk.at(1))
    said.append(desk.forecasts()["T-1"].predicted_at)
    desk.send(TicketAssigned(ticket="T-1", group="second line"), desk.at(2), account="acct")
    said.append(desk.forecasts()["T-1"].predicted_at)
    desk.send(TicketAssigned(ticket="T-1", group="second line"), desk.at(2.5), account="acct")
    said.append(desk.forecasts()["T-1"].predicted_at)
    desk.pass_until(6)  # half of the time is used up: somebody is warned
    said.append(desk.forecasts()["T-1"].predicted_at)
    desk.send(TicketStatusChanged(ticket="T-1", status="pending"), desk.at(7), account="acct")
    said.append(desk.forecasts()["T-1"].predicted_at)
    assert said == [desk.at(hours) for hours in (0, 0, 2, 2, 5, 7)]
    assert desk.forecasts()["T-1"].due_at is None


def test_what_is_left_of_its_time_makes_it_likelier() -> None:
    desk = Desk()
    desk.open("T-1", 0)
    begun = desk.forecasts()["T-1"].probability
    desk.pass_until(6)
    warned = desk.forecasts()["T-1"]
    assert warned.probability > begun
    assert [term.label for term in warned.terms][-1] == "50% of its time is used up"


@pytest.mark.parametrize(
    ("what", "taught"),
    [
        # Broken at its due instant, and taught then: of its beginning alone, for of its quarters others are sampled.
        ("broken", [Taught(10, BEGUN, "broken", 0.0)]),
        # Kept after three hours, and taught when its time would have been up.
        ("kept", [Taught(10, BEGUN, "kept", 0.0)]),
        # Reopened before its time was up, after an hour in which it stood: not kept after all.
        # Of its four quarters, the second and the last are sampled; when it was warned of, it was in the third.
        ("reopened", [Taught(11, BEGUN, "broken", 0.0), Taught(11, UNDER_WAY, "broken", 4 / 11)]),
        # Somebody else's ticket goes on: nobody knows what would have become of it.
        ("merged", []),
        # Nothing is promised any more, and nothing ever was.
        ("withdrawn", []),
    ],
)
def test_a_promise_teaches_when_it_is_known_of_all_that_began_with_it(what: str, taught: list[Taught]) -> None:
    desk = Desk()
    desk.open("T-1", 0)
    if what in ("kept", "reopened"):
        desk.solve("T-1", 3)
    if what == "reopened":
        desk.send(TicketReopened(ticket="T-1"), desk.at(4), account="acct")
    if what == "merged":
        desk.send(TicketMerged(ticket="T-1", into="T-2"), desk.at(3), account="acct")
    if what == "withdrawn":
        desk.send(SettingsSlaChanged(policies=()), desk.at(0), taken_at=desk.at(3), id="told late")
    desk.pass_until(9.5)
    assert desk.taught == []
    desk.pass_until(20)
    assert desk.taught == taught
    assert desk.forecasts() == {}
    judged = desk.facts(PredictionMade)
    assert [(one.model, one.label, one.made_at) for one in judged] == [
        (BEGUN, one.label, desk.at(0)) for one in taught[:1]
    ]


def test_the_model_answers_once_it_has_proved_better() -> None:
    desk = Desk()
    hours = 0.0
    for number in range(60):
        desk.open(f"T-{number}", hours, group="slow" if number % 3 == 0 else "quick")
        desk.pass_until(hours + 1)
        if number % 3:
            desk.solve(f"T-{number}", hours + 1.5)
        hours += 2.0
        desk.pass_until(hours)
    desk.pass_until(hours + TARGET_HOURS)
    desk.open("slow one", hours + 11, group="slow")
    desk.open("quick one", hours + 11, group="quick")
    told = desk.forecasts()
    assert {one.model for one in told.values()} == {"breach.model resolution"}
    assert told["slow one"].probability > 0.6
    assert told["quick one"].probability < 0.2
    reason = max(told["slow one"].terms, key=lambda term: term.amount)
    assert (reason.label, reason.event_ids) == ("group=slow", ("slow one opened",))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30), st.integers(0, 3)), min_size=45, max_size=70))
@settings(max_examples=12, deadline=None)
def test_reasons_sum_to_the_log_odds_of_what_is_said(lives: list[tuple[int, int, int]]) -> None:
    desk = Desk()
    hours = 0.0
    for number, (group, lasts, moves) in enumerate(lives):
        desk.open(f"T-{number}", hours, group=f"group {group}")
        for move in range(moves):
            given = TicketAssigned(ticket=f"T-{number}", group=f"group {move}", assignee=f"x-{group}")
            desk.send(given, desk.at(hours + 0.01 + move / 100), account="acct")
        for fact in desk.facts(SlaForecast):
            assert fact.logit == total_of(fact.terms)
            assert fact.probability == logistic(fact.logit)
            explained = fact.explain(7)
            assert (explained.total, explained.terms) == (fact.logit, fact.terms)
        if lasts <= TARGET_HOURS:
            desk.solve(f"T-{number}", hours + 0.02 * lasts)
        hours += 1.0
        desk.pass_until(hours)


def test_all_of_it_is_found_again_after_a_restart() -> None:
    whole, interrupted = Desk(), Desk()
    for desk in (whole, interrupted):
        for number in range(12):
            desk.open(f"T-{number}", number, group="quick")
            desk.solve(f"T-{number}", number + 0.5)
            if desk is interrupted:
                desk.restart()
        desk.pass_until(30)
    assert whole.hash == interrupted.hash


def test_what_waits_takes_little_room() -> None:
    desk = Desk(paused_on=("pending",))
    desk.open("T-1", 0, group="x" * 100)
    for change in range(40):
        desk.send(TicketAssigned(ticket="T-1", group=f"{change}" * 30), desk.at(change / 5), account="acct")
    (parts,) = [parts for cell, parts in desk.store.cells(desk.tenant) if cell.processor == BREACH_FORECAST.name]
    assert len(BREACH_FORECAST.decode(parts).watched["resolution/0"].samples) == 3
    assert sum(map(len, parts.values())) < 4_096
    desk.pass_until(20)
    assert desk.store.cell(desk.tenant, CellId(BREACH_MODEL.name, "resolution")) is not None
    (parts,) = [parts for cell, parts in desk.store.cells(desk.tenant) if cell.processor == BREACH_FORECAST.name]
    assert sum(map(len, parts.values())) < 512


@pytest.mark.parametrize(
    ("due_hours", "elapsed_hours", "at_hours", "used"),
    [(10, 0, 0, 0.0), (10, 0, 5, 0.5), (10, 0, 12, 1.0), (None, 4, 9, 0.4), (0, 10, 0, 1.0), (10, 0, -1, 0.0)],
)
def test_how_much_of_its_time_is_used_up(due_hours: int | None, elapsed_hours: int, at_hours: int, used: float) -> None:
    due_at = None if due_hours is None else due_hours * HOUR
    standing = Standing("resolution", 0, "running", 36_000, 0, due_at, elapsed_hours * 3_600.0, "e-1")
    assert standing.share_used(at_hours * HOUR) == used
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(standing), type=Standing) == standing
