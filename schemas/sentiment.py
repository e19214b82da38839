"""How a customer sounds on a ticket."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class TicketSentiment(Fact, frozen=True, kw_only=True):
    """How likely what a customer wrote last is written by one who will be glad, in percent, and where that is going.

    `measured` says whether there were ratings enough in this language to know; else nothing is said but that.
    `trend` is the latest message's percent less the first one's. Terms are log-odds per word and sum to the logit.
    """

    kind: ClassVar[str] = "ticket.sentiment"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    language: str
    measured: bool
    percent: int | None = None
    trend: int | None = None
    messages: tuple[str, ...]
    percents: tuple[int, ...]
    n: int
    version: int
    logit: float
    terms: tuple[Term, ...]
    event_id: str
    heard_at: int

    def explain(self, position: int) -> Explanation | None:
        """Why it sounds so: the words' log-odds, which sum to the logit; None where it is not measured."""
        if not self.measured:
            return None
        basis = f"the tenant's ratings in {self.language}, {self.n} of them"
        return Explanation(
            self.ticket, f"sounds glad ({self.percent} %)", position, self.logit, "log-odds", basis, self.terms
        )
