"""Facts about what is likely to come of a promise."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class SlaForecast(Fact, frozen=True, kw_only=True):
    """How likely a promise that still runs will be broken. Terms are log-odds, which sum to the probability's."""

    kind: ClassVar[str] = "sla.forecast"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "clock", "cycle")
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    clock: str
    cycle: int
    probability: float
    due_at: int | None
    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]
    event_id: str
    predicted_at: int

    def explain(self, position: int) -> Explanation:
        """Why this likely: what each thing known of the ticket adds to the log-odds of a broken promise."""
        basis = f"{self.model} version {self.version} after {self.n} labels"
        kind = f"breach of {self.clock} ({self.probability:.1%})"
        return Explanation(self.ticket, kind, position, self.logit, "log-odds", basis, self.terms)
