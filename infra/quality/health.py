"""Do forecasts of health hold as often as they say?

Data: the demo's company (its tickets, promises, usage and answers, folded in the order in which they happened), and
walks drawn from a seed: free ones, ones that are drawn back to a middle, and ones with a slope. Every forecast is made
before what it speaks of, and every one that came due is judged, those of accounts that left meanwhile among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import fmean
from typing import Any

from infra.demo.company import company
from infra.demo.names import SEED
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.contract import Processor
from processors.course import COURSE, HORIZON_DAYS, WINDOW_DAYS
from processors.course_model import COURSE_MODEL
from processors.health import HEALTH
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.snapshots import SNAPSHOTS
from processors.tickets import TICKETS
from processors.usage import USAGE
from schemas.decode import decode
from schemas.emitted import ScoreMoved
from schemas.event import Event, unchecked
from schemas.health import HealthForecast
from schemas.instant import DAY, HOUR, MINUTE, parse_instant
from schemas.reasons import Refusal
from streams.driver import Driver

_CATALOG: tuple[Processor[Any], ...] = (
    SNAPSHOTS,
    TICKETS,
    SLA,
    USAGE,
    HEALTH,
    COURSE,
    SETTINGS,
    ACCOUNTS,
    COURSE_MODEL,
)
_AT = parse_instant("2026-06-01T00:00:00Z")
_DEMO_SCALE = 0.5
_WALKERS, _WALKED_DAYS = 80, 200
_BATCH = 2_000
_Z80 = 1.2816

Step = Callable[[float, Random], float]


@dataclass(frozen=True)
class Held:
    """How often ranges held, how wide they were, and how far out forecasts were; beside plain ways of both."""

    forecasts: int
    coverage: float
    width: float
    error: float
    walk_coverage: float
    walk_width: float
    stays_error: float


def measure(seeds: int) -> list[Row]:
    """Coverage of 80 % ranges in the demo and on walks, and of ranges of slopes."""
    demo = held(demo_forecasts(SEED))
    rows = _rows("demo company", demo)
    for name, step in WALKS.items():
        walked = [one for seed in range(seeds) for one in walks(seed, step)]
        rows += _rows(name, held(walked))
    sloped = [one for seed in range(seeds) for one in walks(seed, WALKS["walks with a slope"])]
    true = [one.slope_low <= 7 * _SLOPE <= one.slope_high for one in sloped if 20 <= one.value <= 80]
    return [*rows, Row("health slope: 80 % range holds, walks with a slope", fmean(true), "share", 0.75)]


def _rows(name: str, found: Held) -> list[Row]:
    walk = "a free walk of its own daily moves"
    what = f"health in 30 days, {name}"
    return [
        Row(f"{what}: 80 % range holds (0.75 to 0.85)", found.coverage, "share", 0.75, found.walk_coverage, walk),
        Row(f"{what}: width of the range", found.width, "points", None, found.walk_width, walk),
        Row(f"{what}: mean error", found.error, "points", None, found.stays_error, "it stays"),
    ]


def held(forecasts: Sequence[HealthForecast]) -> Held:
    """The figures of forecasts that were judged. The free walk's range is told from the slope's."""
    judged = [(one, one.actual) for one in forecasts if one.actual is not None]
    walked = []
    for one, actual in judged:
        half = _Z80 * sqrt(HORIZON_DAYS) * (one.slope_high - one.slope_per_week) / 7 / 1.314 * sqrt(WINDOW_DAYS)
        low, high = max(0.0, one.value - half), min(100.0, one.value + half)
        walked.append((low <= actual <= high, high - low))
    return Held(
        len(judged),
        fmean(bool(one.inside) for one, _ in judged),
        fmean(one.high - one.low for one, _ in judged),
        fmean(abs(one.expected - actual) for one, actual in judged),
        fmean(inside for inside, _ in walked),
        fmean(width for _, width in walked),
        fmean(abs(one.value - actual) for one, actual in judged),
    )


def demo_forecasts(seed: int, scale: float = _DEMO_SCALE) -> list[HealthForecast]:
    """What is forecast while the demo's company lives, each record at its own time."""
    bench = Driver(_CATALOG)
    waiting: list[Event] = []
    for event in _happened(seed, scale):
        waiting.append(event)
        if len(waiting) == _BATCH:
            bench.fold(waiting)
            waiting = []
    bench.fold(waiting)
    return bench.facts(HealthForecast)


def _happened(seed: int, scale: float) -> Iterator[Event]:
    """Every record that can be taken, once, in the order of its own time."""
    seen: dict[str, None] = {}
    for arrival in sorted(company(seed, _AT, scale).arrivals(), key=lambda one: (one.occurred_at, one.arrived_at)):
        try:
            event = decode(arrival.raw)
        except Refusal:
            continue
        # Ahead of its time an event moves nothing; here, where each is taken at its own time, it would.
        if f"{event.source} {event.id}" not in seen and event.occurred_at <= _AT:
            seen[f"{event.source} {event.id}"] = None
            yield event.stamped(tenant="acme", recorded_at=event.occurred_at)


def walks(seed: int, step: Step) -> list[HealthForecast]:
    """What is forecast for scores that move once a day by a rule."""
    bench = Driver((COURSE, COURSE_MODEL))
    draw = Random(f"walks {seed}")  # noqa: S311 (the same walks every time, no secret)
    scores = {f"walker-{number}": draw.gauss(62.0, 7.0) for number in range(_WALKERS)}
    start = _AT - _WALKED_DAYS * DAY
    for day in range(_WALKED_DAYS):
        events = []
        for number, (walker, score) in enumerate(scores.items()):
            scores[walker] = max(0.0, min(100.0, step(score, draw)))
            moved = unchecked(ScoreMoved, score="health", quarters=round(4 * scores[walker]))
            at = start + day * DAY + 6 * HOUR + number * MINUTE
            events.append(bench.event(moved, at, account=walker, id=f"{day} {number}"))
        bench.fold(events)
    return bench.facts(HealthForecast)


_SLOPE = -0.15

WALKS: dict[str, Step] = {
    "free walks": lambda score, draw: score + draw.gauss(0.0, 2.0),
    "walks drawn to a middle": lambda score, draw: score + 0.1 * (62.0 - score) + draw.gauss(0.0, 3.0),
    "walks with a slope": lambda score, draw: score + _SLOPE + draw.gauss(0.0, 0.8),
}
