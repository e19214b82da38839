"""What does a score's rule make of the driver groups? Whole numbers throughout, so that what is summed is exact.

Points are counted in quarters, which are exact in binary. Each group's share is rounded down to a quarter, and the
score is their sum: terms sum to the score and deltas to its change without rounding anything again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from processors.health_drivers import EXPECTED, GROUPS, UNKNOWN_DAY, Driver
from processors.settings import ScoreBand, ScoreRule
from schemas.explanation import Term

QUARTERS = 4
NEUTRAL = 50
DEFAULT_BANDS = (ScoreBand("healthy", 70), ScoreBand("watch", 40), ScoreBand("at risk", 0))


class Counted(NamedTuple):
    """One group as it counts in a score: its points in quarters, and the value that they were reckoned with."""

    points: int
    value: int


def default_rule(weights: Mapping[str, int]) -> ScoreRule:
    """The rule of the score that every account has: what is not known counts as expected, and nothing fades."""
    return _default_rule(tuple([weights.get(group, 0) for group in GROUPS]))


@lru_cache(maxsize=256)
def _default_rule(weights: tuple[int, ...]) -> ScoreRule:
    return ScoreRule("health", dict(zip(GROUPS, weights, strict=True)), DEFAULT_BANDS)


def counted(rule: ScoreRule, drivers: Mapping[str, Driver], today: int) -> dict[str, Counted]:
    """What each group counts in the score as of a day."""
    if not (rule.fresh_days or rule.missing):
        # What is not known stands as expected, and nothing fades: the rule that every account has, for every event.
        return _weighed([rule.weights.get(group, 0) for group in GROUPS], [drivers[group].value for group in GROUPS])
    fade = rule.fade_days
    shares, values = [], []
    for group in GROUPS:
        found, weight = drivers[group], rule.weights.get(group, 0)
        left, policy = _left(rule, group, found, today), rule.missing.get(group, "expected")
        if policy == "ignore":
            shares.append(weight * left)
            values.append(found.value)
        else:
            instead = _INSTEAD[policy] if policy in _INSTEAD else EXPECTED[group]
            shares.append(weight * fade)
            values.append((found.value * left + instead * (fade - left)) // fade)
    if not any(shares):  # nothing is known that counts: neither good nor bad
        return _weighed([rule.weights.get(group, 0) for group in GROUPS], [NEUTRAL] * len(GROUPS))
    return _weighed(shares, values)


def _weighed(shares: Sequence[int], values: Sequence[int]) -> dict[str, Counted]:
    total = sum(shares) or 1
    return {
        group: Counted(QUARTERS * share * value // total, value)
        for group, share, value in zip(GROUPS, shares, values, strict=True)
    }


_INSTEAD: Mapping[str, int] = {"neutral": NEUTRAL, "zero": 0}


def _left(rule: ScoreRule, group: str, found: Driver, today: int) -> int:
    """How much of a group still counts, in parts of `fade_days`: all while it is fresh, none of what is not known."""
    if found.latest_day == UNKNOWN_DAY:
        return 0
    fresh = rule.fresh_days.get(group)
    if fresh is None:
        return rule.fade_days
    return max(0, min(rule.fade_days, rule.fade_days + fresh - (today - found.latest_day)))


def fades_on(rule: ScoreRule, drivers: Mapping[str, Driver], today: int) -> int | None:
    """The next day on which time alone moves the score; None where it does not."""
    days = []
    for group, fresh in rule.fresh_days.items():
        latest = drivers[group].latest_day
        first = max(today + 1, latest + fresh + 1)
        if latest != UNKNOWN_DAY and first <= latest + fresh + rule.fade_days:
            days.append(first)
    return min(days, default=None)


def band_of(rule: ScoreRule, quarters: int) -> str:
    """The band of a score in quarters; a score on an edge belongs to the band that begins there."""
    for band in rule.bands:
        if quarters >= QUARTERS * band.from_points:
            return band.name
    raise AssertionError(f"a score of {quarters} quarters is below every band")


def is_lower(rule: ScoreRule, band: str, before: str) -> bool:
    """Whether a band lies below another; one that the rule does not name is no measure."""
    order = [one.name for one in rule.bands]
    return before in order and order.index(band) > order.index(before)


def change_terms(
    before: Mapping[str, int],
    after: Mapping[str, int],
    by_settings: Mapping[str, int],
    settings_id: str,
    event_ids: Mapping[str, tuple[str, ...]],
) -> tuple[Term, ...]:
    """What moved a score, in points: what other settings made of each group, and then what happened to it.

    `before`, `after` and `by_settings` are in quarters; the terms sum to the change.
    """
    terms = []
    for group in GROUPS:
        ruled = by_settings.get(group, 0)
        moved = after.get(group, 0) - before.get(group, 0) - ruled
        if ruled:
            terms.append(Term(f"{group}: other settings", ruled / QUARTERS, (settings_id,) if settings_id else ()))
        if moved:
            terms.append(Term(group, moved / QUARTERS, event_ids[group]))
    return tuple(terms)
