"""Facts about accounts that left."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class AccountLost(Fact, frozen=True, kw_only=True):
    """An account left: what it said, and what spoke for it when it was last asked about before.

    `cause` is the driver that weighed most among the reasons to leave, `winnable_percent` the share of these reasons
    that people can change. Terms are log-odds of the last 90-day answer; empty where none was ever given.
    """

    kind: ClassVar[str] = "account.lost"
    identity: ClassVar[tuple[str, ...]] = ("account",)
    order_bound: ClassVar[bool] = True

    account: str
    churned_at: int
    reason: str | None = None
    cause: str | None = None
    winnable_percent: int | None = None
    probability_90: float | None = None
    recurring_minor: int | None = None
    currency: str | None = None
    model: str
    version: int
    n: int
    logit: float
    terms: tuple[Term, ...]
    predicted_at: int | None = None

    def explain(self, position: int) -> Explanation | None:
        """What spoke for its leaving, as far as it was asked about before."""
        if not self.terms:
            return None
        basis = f"{self.model} version {self.version} after {self.n} labels, said before it left"
        return Explanation(self.account, "lost", position, self.logit, "log-odds", basis, self.terms)
