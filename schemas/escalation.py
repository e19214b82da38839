"""Tickets that somebody senior should see."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class TicketEscalated(Fact, frozen=True, kw_only=True):
    """A ticket whose points reached the tenant's edge. Terms are whole points and sum to `points`.

    `over_at` is when it ended; it is retracted where what escalated it turns out not to be so.
    """

    kind: ClassVar[str] = "ticket.escalated"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True
    alerted: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    points: int
    edge_points: int
    tier: str | None
    priority: str
    terms: tuple[Term, ...]
    event_id: str
    escalated_at: int
    over_at: int | None = None

    def explain(self, position: int) -> Explanation:
        """Why it was escalated: points that sum, each with the events behind it."""
        basis = f"escalated from {self.edge_points} points on"
        return Explanation(self.ticket, "escalation", position, float(self.points), "points", basis, self.terms)
