"""A forecast says what it is made of, is judged by the end of its day, and holds about as often as it says."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from statistics import fmean

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.account_day import account_day
from processors.course import COURSE, HORIZON_DAYS
from processors.course_model import COURSE_MODEL, Distances
from schemas.accounts import AccountChurned
from schemas.emitted import ScoreMoved
from schemas.health import HealthForecast
from schemas.instant import DAY, HOUR, day_of
from streams.driver import Driver
from tests.health.company import START

CATALOG = (COURSE, COURSE_MODEL)


def moved(bench: Driver, day: int, quarters: int | None, account: str = "A", hour: int = 12) -> None:
    bench.send(ScoreMoved(score="health", quarters=quarters), START + day * DAY + hour * HOUR, account=account)


def test_a_steady_score_is_forecast_to_stay_and_judged_so() -> None:
    bench = Driver(CATALOG)
    moved(bench, 0, 300)
    bench.tick(START + 60 * DAY)
    made = bench.facts(HealthForecast)
    assert all((one.value, one.expected, one.slope_per_week) == (75.0, 75.0, 0.0) for one in made)
    assert all(one.due_day - one.made_day == HORIZON_DAYS for one in made)
    assert {one.made_day - made[0].made_day for one in made} == set(range(0, 7 * len(made), 7))
    assert (made[0].actual, made[0].inside) == (75.0, True)
    assert made[-1].actual is None


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 23), st.integers(0, 400)), min_size=20, max_size=60))
@settings(max_examples=25, deadline=None)
def test_a_forecast_is_judged_by_the_end_of_its_day(course: list[tuple[int, int, int]]) -> None:
    bench, ends, day = Driver(CATALOG), dict[int, int](), 0
    for days, hour, quarters in course:
        day += days or 1
        moved(bench, day, quarters, hour=hour)
        ends[account_day("A", START + day * DAY + hour * HOUR)] = quarters
    bench.tick(START + (day + 2) * DAY)
    for one in bench.facts(HealthForecast):
        assert sum(Fraction(term.amount) for term in one.terms) == Fraction(one.expected)
        assert 0 <= one.low <= one.expected <= one.high <= 100
        assert one.slope_low <= one.slope_per_week <= one.slope_high
        assert one.value == ends[max(known for known in ends if known <= one.made_day)] / 4
        if one.actual is not None:
            assert one.actual == ends[max(known for known in ends if known <= one.due_day)] / 4
            assert one.inside == (one.low <= one.actual <= one.high)


def test_an_account_that_left_is_forecast_no_more_and_what_was_said_is_judged() -> None:
    bench = Driver(CATALOG)
    moved(bench, 0, 300)
    bench.tick(START + 30 * DAY)
    bench.send(AccountChurned(), START + 30 * DAY, account="A")
    moved(bench, 31, 100)
    bench.tick(START + 100 * DAY)
    made = bench.facts(HealthForecast)
    assert max(one.made_day for one in made) < day_of(START) + 30
    assert {one.actual for one in made} == {25.0}


def test_a_score_told_no_more_has_no_course() -> None:
    bench = Driver(CATALOG)
    moved(bench, 0, 300)
    moved(bench, 1, None)
    bench.tick(START + 60 * DAY)
    assert bench.facts(HealthForecast) == []


@given(st.lists(st.integers(-400, 400), min_size=1, max_size=200))
def test_a_distance_holds_four_of_five(moves: list[int]) -> None:
    seen = Distances()
    for move in moves:
        seen.note(move)
    # Distances are counted in whole points: within half a point the distance is right.
    within = sorted(abs(move) for move in moves)
    assert within[(4 * len(moves) - 1) // 5] - 4 <= seen.holding() <= within[(4 * len(moves) - 1) // 5] + 4


def test_ranges_hold_about_as_often_as_they_say() -> None:
    bench, draw = Driver(CATALOG), Random(11)
    scores = {f"walker-{number}": draw.gauss(62.0, 7.0) for number in range(30)}
    for day in range(150):
        events = []
        for number, account in enumerate(scores):
            score = scores[account] = max(0.0, min(100.0, scores[account] + draw.gauss(0.0, 1.5)))
            at = START + day * DAY + 12 * HOUR + number
            events.append(bench.event(ScoreMoved(score="health", quarters=round(4 * score)), at, account=account))
        bench.fold(events)
    judged = [bool(one.inside) for one in bench.facts(HealthForecast) if one.inside is not None]
    assert len(judged) > 300
    assert 0.7 <= fmean(judged) <= 0.9
