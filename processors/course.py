"""Where is each account's score going, and where will it be in thirty days?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import msgspec

from processors.account_day import BEGUN_WITHIN, account_day, day_begins_at, turn_of
from processors.accounts import presence_of
from processors.contract import Context, Emit, Output, Processor, Timer
from processors.course_model import COURSE_MODEL, WAYS, CourseKnowledge
from processors.presence import PASSAGES
from processors.score_rule import QUARTERS
from schemas.emitted import CourseObserved, ScoreMoved, TimerFired
from schemas.event import Event, unchecked
from schemas.explanation import Term
from schemas.health import HealthForecast
from schemas.instant import MINUTE

HORIZON_DAYS = 30
WINDOW_DAYS = 28
LEAST_DAYS = 14
EVERY_DAYS = 7
_HIGHEST = 100 * QUARTERS

# Two-sided 80 % of Student's distribution with as many degrees of freedom as a window has.
_SPREAD = 1.314
# A new day moves scores everywhere: a week's forecast is made when every account's has begun.
_LATER = BEGUN_WITHIN + 2 * MINUTE


class Made(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A forecast that waits to be judged, in quarter points; slopes are in points a week."""

    day: int
    value: int
    mean: int
    slopes: tuple[float, float, float]
    ways: tuple[int, ...]
    way: int
    low: int
    high: int
    n: int


class Course(msgspec.Struct, array_like=True, gc=False):
    """A score now and at the end of each of the last days up to `day`, oldest first, in quarter points."""

    now: int
    day: int
    ends: list[int] = msgspec.field(default_factory=list)
    made: list[Made] = msgspec.field(default_factory=list)


class AccountCourse(msgspec.Struct, array_like=True, gc=False):
    """An account's scores over time. Of one that left only what was forecast before is kept, until it is judged."""

    account: str = ""
    left: bool = False
    scores: dict[str, Course] = msgspec.field(default_factory=dict)
    # While it is away: where its other scores are, which go on when it comes back.
    away: dict[str, int] = msgspec.field(default_factory=dict)


class Courses(Processor[AccountCourse]):
    """Forecasts every score once a week, accounts taking turns, and judges each forecast when its day is over."""

    name = "health.course"
    version = 3  # since an account that left may come back
    consumes = (ScoreMoved, *PASSAGES)
    facts = (HealthForecast,)
    state = AccountCourse

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: AccountCourse, event: Event, context: Context) -> Sequence[Output]:
        today = account_day(state.account or event.account or "", context.clock)
        match event.data:
            case TimerFired():
                return _week(state, context, today)
            case ScoreMoved(score=score, quarters=None):
                state.scores.pop(score, None)
                state.away.pop(score, None)
            case ScoreMoved(score=score, quarters=int() as quarters):
                state.account = event.account or ""
                if state.left and score not in state.scores:
                    state.away[score] = quarters
                    return ()
                return _move(state, {score: quarters}, today)
            case _:
                state.left = presence_of(context, event).gone_since is not None
                if not state.left:
                    back, state.away = state.away, {}
                    return _move(state, back, today)
        return ()


def _move(state: AccountCourse, moved: dict[str, int], today: int) -> tuple[Output, ...]:
    first = bool(moved) and not state.scores
    for score, quarters in moved.items():
        course = state.scores.setdefault(score, Course(quarters, today - 1))
        _live(course, today)
        course.now = quarters
    return (_next_turn(state, today),) if first else ()


def _live(course: Course, today: int) -> None:
    """The days that are over end as the score stands."""
    over = today - 1 - course.day
    if over > 0:
        course.ends += [course.now] * min(over, WINDOW_DAYS + 1)
        del course.ends[: -WINDOW_DAYS - 1]
        course.day = today - 1


def _next_turn(state: AccountCourse, today: int) -> Timer:
    turn = turn_of(state.account, EVERY_DAYS)
    days = EVERY_DAYS - (today - turn) % EVERY_DAYS
    return Timer("week", day_begins_at(state.account, today + days) + _LATER)


def _week(state: AccountCourse, context: Context, today: int) -> list[Output]:
    if not state.scores:
        return []
    outputs: list[Output] = []
    for score, course in state.scores.items():
        ended = _end_of_due(course, today)
        _live(course, today)
        outputs += _judge(state.account, score, course, ended)
        if len(course.ends) >= LEAST_DAYS and not state.left:
            knowledge = context.read(COURSE_MODEL, score) or _NOTHING
            made = _forecast(course, knowledge)
            course.made.append(made)
            outputs.append(_said(state.account, score, made, None))
    if state.left:  # what was forecast before it left is judged, and nothing more is
        state.away |= {score: course.now for score, course in state.scores.items() if not course.made}
        state.scores = {score: course for score, course in state.scores.items() if course.made}
    return [*outputs, _next_turn(state, today)] if state.scores else outputs


_NOTHING = CourseKnowledge()


def _end_of_due(course: Course, today: int) -> Made | None:
    """The forecast whose day is over, if there is one. Days are judged in the week in which they end."""
    due = [made for made in course.made if made.day + HORIZON_DAYS < today]
    course.made = [made for made in course.made if made.day + HORIZON_DAYS >= today]
    return due[-1] if due else None


def _judge(account: str, score: str, course: Course, ended: Made | None) -> list[Output]:
    """What the last weeks teach: moves of 7 and 14 days, and how far the forecast that came due was out."""
    ends, outputs = course.ends, list[Output]()
    moved = [ends[-1] - ends[-1 - days] if len(ends) > days else None for days in (7, 14)]
    errors: tuple[int, ...] = ()
    missed = None
    if ended is not None:
        back = course.day - (ended.day + HORIZON_DAYS)
        if back < len(ends):
            actual = ends[-1 - back]
            errors = tuple([actual - way for way in ended.ways])
            missed = errors[ended.way]
            outputs.append(_said(account, score, ended, actual))
    if moved[0] is not None or missed is not None:
        observed = unchecked(
            CourseObserved, score=score, moved_7=moved[0], moved_14=moved[1], errors=errors, missed=missed
        )
        outputs.append(Emit(observed, account))
    return outputs


def _forecast(course: Course, knowledge: CourseKnowledge) -> Made:
    ends = course.ends
    now, mean = ends[-1], sum(ends) // len(ends)
    days = len(ends) - 1
    ways = tuple(
        [max(0, min(_HIGHEST, now + (mean - now) * back // 100 + (now - ends[0]) * on // days)) for _, back, on in WAYS]
    )
    way, half = knowledge.way, knowledge.half_width()
    low, high = max(0, ways[way] - half), min(_HIGHEST, ways[way] + half)
    return Made(course.day, now, mean, _slopes(ends), ways, way, low, high, knowledge.judged)


def _slopes(ends: list[int]) -> tuple[float, float, float]:
    """The mean daily move in points a week, with a range that holds it four times of five where days move alike."""
    moves = [after - before for before, after in pairwise(ends)]
    count, total = len(moves), sum(moves)
    # Whole numbers up to here: sums of squares are exact, and the square root is rounded correctly everywhere.
    spread = (count * sum([move * move for move in moves]) - total * total) / (count * (count - 1))
    slope, half = 7 * total / count / QUARTERS, 7 * _SPREAD * sqrt(spread / count) / QUARTERS
    return slope, slope - half, slope + half


def _said(account: str, score: str, made: Made, actual: int | None) -> HealthForecast:
    name, back, on = WAYS[made.way]
    expected = made.ways[made.way]
    returned = (made.mean - made.value) * back // 100
    terms = [Term(f"{score} at the end of the day", made.value / QUARTERS)]
    if back:
        terms.append(Term(f"towards its mean of {made.mean / QUARTERS:g}", returned / QUARTERS))
    if rest := expected - made.value - returned:
        terms.append(Term(f"its slope for {on} days, between 0 and 100", rest / QUARTERS))
    return HealthForecast(
        account=account,
        score=score,
        made_day=made.day,
        due_day=made.day + HORIZON_DAYS,
        value=made.value / QUARTERS,
        slope_per_week=made.slopes[0],
        slope_low=made.slopes[1],
        slope_high=made.slopes[2],
        expected=expected / QUARTERS,
        low=made.low / QUARTERS,
        high=made.high / QUARTERS,
        way=name,
        n=made.n,
        terms=tuple(terms),
        actual=None if actual is None else actual / QUARTERS,
        inside=None if actual is None else made.low <= actual <= made.high,
    )


COURSE = Courses()
