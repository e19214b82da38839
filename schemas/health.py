"""Facts about health beyond the default score: its drivers over time, scores of a tenant's own, and their rules."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class HealthDrivers(Fact, frozen=True, kw_only=True):
    """What an account's driver groups were worth from this instant on: (group, 0 to 100, day of the latest event).

    Days count from 1970-01-01 in UTC: -1 where nothing is known, 0 where it is long ago. Any score of any settings
    can be reckoned from it.
    """

    kind: ClassVar[str] = "health.drivers"
    identity: ClassVar[tuple[str, ...]] = ("account", "event_id", "changed_at")
    history: ClassVar[bool] = True

    account: str
    event_id: str
    drivers: tuple[tuple[str, int, int], ...]
    changed_at: int


class NamedScore(Fact, frozen=True, kw_only=True):
    """An account's score of a tenant's own, from 0 to 100. Terms are the groups' points, which sum to the value.

    `settings_id` is the event that said its rule.
    """

    kind: ClassVar[str] = "health.named"
    identity: ClassVar[tuple[str, ...]] = ("account", "score")
    alerted: ClassVar[bool] = True

    account: str
    score: str
    value: float
    band: str
    settings_id: str
    terms: tuple[Term, ...]

    def explain(self, position: int) -> Explanation:
        """Why this score: points per driver group."""
        basis = f"rule said by {self.settings_id}"
        return Explanation(self.account, f"score {self.score}", position, self.value, "points", basis, self.terms)


class NamedScoreChanged(Fact, frozen=True, kw_only=True):
    """A score of a tenant's own moved. Terms are what each group added, and what other settings did to each.

    They sum to `after - before`. `settings_id` is the event that said the rule of `after`.
    """

    kind: ClassVar[str] = "health.named_changed"
    identity: ClassVar[tuple[str, ...]] = ("account", "score", "event_id", "changed_at")
    history: ClassVar[bool] = True

    account: str
    score: str
    event_id: str
    before: float
    after: float
    settings_id: str
    terms: tuple[Term, ...]
    changed_at: int

    def explain(self, position: int) -> Explanation:
        """Why it changed: signed points per driver group, with the events behind each."""
        total, basis = self.after - self.before, f"rule said by {self.settings_id}"
        return Explanation(self.account, f"score {self.score} change", position, total, "points", basis, self.terms)


class ScoreVersion(Fact, frozen=True, kw_only=True):
    """A rule of a score and since when it holds: the marker to read a course of scores by.

    `health` is the default score. `weights`, `bands`, `missing` and `fresh_days` are as the settings said them.
    """

    kind: ClassVar[str] = "health.version"
    identity: ClassVar[tuple[str, ...]] = ("score", "event_id")

    score: str
    event_id: str
    holds_from_at: int
    weights: tuple[tuple[str, int], ...]
    bands: tuple[tuple[str, int], ...]
    missing: tuple[tuple[str, str], ...] = ()
    fresh_days: tuple[tuple[str, int], ...] = ()
    fade_days: int = 30
    retired: bool = False


class HealthStanding(Fact, frozen=True, kw_only=True):
    """Where an account's score stands among its peers, as of the last day or the last move of its own.

    `peers` is the group, `peers_by` the rule that made it, `size` how many accounts it has, this one included; of the
    others, `below` have a lower score and `level` the same. `percentile` is the share below, level ones half counted.
    Terms are the score and the group's (lower) median, which sum to `difference`.
    """

    kind: ClassVar[str] = "health.standing"
    identity: ClassVar[tuple[str, ...]] = ("account", "score")

    account: str
    score: str
    value: float
    peers: str
    peers_by: str
    size: int
    below: int
    level: int
    percentile: int
    median: float
    difference: float
    terms: tuple[Term, ...]

    def explain(self, position: int) -> Explanation:
        """How far it is from the middle of its peers."""
        basis = f"{self.size} peers by {self.peers_by}: {self.peers}; percentile {self.percentile}"
        kind = f"standing of {self.score}"
        return Explanation(self.account, kind, position, self.difference, "points", basis, self.terms)


class HealthForecast(Fact, frozen=True, kw_only=True):
    """Where a score goes: its slope in points a week, and what it will be at the end of the day `due_day`.

    Both come with a range that is to hold four times of five. Days count from 1970-01-01 in UTC. Terms sum to
    `expected`. Once the day is over, `actual` and `inside` say whether it came so. `n` forecasts had been judged.
    """

    kind: ClassVar[str] = "health.forecast"
    identity: ClassVar[tuple[str, ...]] = ("account", "score", "made_day")
    order_bound: ClassVar[bool] = True

    account: str
    score: str
    made_day: int
    due_day: int
    value: float
    slope_per_week: float
    slope_low: float
    slope_high: float
    expected: float
    low: float
    high: float
    way: str
    n: int
    terms: tuple[Term, ...]
    actual: float | None = None
    inside: bool | None = None

    def explain(self, position: int) -> Explanation:
        """What the forecast is made of."""
        basis = f"{self.way}; four of five end from {self.low:g} to {self.high:g}; {self.n} forecasts judged"
        kind = f"forecast of {self.score} in 30 days"
        return Explanation(self.account, kind, position, self.expected, "points", basis, self.terms)


HEALTH_KINDS: tuple[type[Fact], ...] = (
    HealthDrivers,
    NamedScore,
    NamedScoreChanged,
    ScoreVersion,
    HealthStanding,
    HealthForecast,
)
