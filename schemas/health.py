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
