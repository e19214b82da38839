"""How tickets were handled: a checklist of each, how an expert's develops, and what looks like playing for figures."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class QualityChecked(Fact, frozen=True, kw_only=True):
    """The checklist of a ticket that ended. Terms are its items, 1 where it was passed and 0 where not; they sum to
    `passed`. What does not apply to the ticket is left out. `score` is that of its conversation, from 0 to 100;
    `score_terms` sum to it.
    """

    kind: ClassVar[str] = "quality.checked"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    expert: str | None
    group: str | None
    passed: int
    applicable: int
    failed: tuple[str, ...]
    terms: tuple[Term, ...]
    checked_at: int
    score: int | None = None
    score_terms: tuple[Term, ...] = ()

    def explain(self, position: int) -> Explanation:
        """Which items were passed, with the events that tell."""
        basis = f"checklist of {self.applicable} items"
        return Explanation(self.ticket, "quality", position, float(self.passed), "items", basis, self.terms)


class QualityTrend(Fact, frozen=True, kw_only=True):
    """An expert's latest checked tickets beside those before them: items passed of those that applied.

    `dropped` says that the share fell by more than a tenth.
    """

    kind: ClassVar[str] = "quality.trend"
    identity: ClassVar[tuple[str, ...]] = ("expert",)
    order_bound: ClassVar[bool] = True
    alerted: ClassVar[bool] = True

    expert: str
    tickets: int
    passed: int
    applicable: int
    tickets_before: int
    passed_before: int
    applicable_before: int
    dropped: bool
    measured_at: int


class GamingSuspected(Fact, frozen=True, kw_only=True):
    """Something that makes a promise's figures better and the customer's wait not: `pattern`, with the events."""

    kind: ClassVar[str] = "gaming.suspected"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "pattern", "event_id")
    order_bound: ClassVar[bool] = True

    ticket: str
    pattern: str
    event_id: str
    account: str | None = None
    expert: str | None
    detail: str
    evidence: tuple[str, ...]
    happened_at: int


CONDUCT_KINDS: tuple[type[Fact], ...] = (QualityChecked, QualityTrend, GamingSuspected)
