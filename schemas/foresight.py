"""What is likely to come: how long a ticket will keep somebody busy, and how many there will be."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact
from schemas.forecasts import SlaForecast


class HandlingForecast(Fact, frozen=True, kw_only=True):
    """How many minutes of work a ticket is likely to take, as of its opening: half take less, one in ten each is beyond
    `low_minutes` or `high_minutes`. `usual_minutes` is the median of all tickets, `handled_minutes` what it took.

    Terms are thousandths of the minutes' natural logarithm and sum to `log_thousandths`, exactly.
    """

    kind: ClassVar[str] = "ticket.handling"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    minutes: int
    low_minutes: int
    high_minutes: int
    usual_minutes: int
    handled_minutes: int | None = None
    model: str
    n: int
    log_thousandths: int
    terms: tuple[Term, ...]
    event_id: str
    predicted_at: int

    def explain(self, position: int) -> Explanation:
        """Why so long: what each thing known at the opening adds to the logarithm of the minutes."""
        basis = f"{self.model} after {self.n} tickets, usually {self.usual_minutes} min"
        kind = f"handling {self.minutes} min ({self.low_minutes} to {self.high_minutes})"
        total = float(self.log_thousandths)
        return Explanation(self.ticket, kind, position, total, "thousandths of ln minutes", basis, self.terms)


class DemandForecast(Fact, frozen=True, kw_only=True):
    """How many tickets of a topic are expected in the six hours from a full hour on, in thousandths; four of five
    times it is from `low` to `high` tickets. Terms are thousandths and sum to `expected_thousandths`, exactly.
    """

    kind: ClassVar[str] = "demand.forecast"
    identity: ClassVar[tuple[str, ...]] = ("topic",)
    order_bound: ClassVar[bool] = True

    topic: str
    from_at: int
    until_at: int
    expected_thousandths: int
    low: int
    high: int
    came: int
    hours_seen: int
    terms: tuple[Term, ...]
    predicted_at: int

    def explain(self, position: int) -> Explanation:
        """Why so many: what these hours of the week brought, and how busy it is lately."""
        basis = f"{self.low} to {self.high} expected, {self.hours_seen} hours seen"
        total = float(self.expected_thousandths)
        return Explanation(self.topic, "demand of 6 h", position, total, "thousandths of tickets", basis, self.terms)


class DemandSpiked(Fact, frozen=True, kw_only=True):
    """More tickets of a topic came within six hours than can be by chance; `event_ids` are the latest of them.

    `over_at` is when it was over, and `tickets` then the most there were within six hours.
    """

    kind: ClassVar[str] = "demand.spiked"
    identity: ClassVar[tuple[str, ...]] = ("topic", "began_at")
    alerted: ClassVar[bool] = True
    order_bound: ClassVar[bool] = True

    topic: str
    began_at: int
    over_at: int | None = None
    tickets: int
    expected_thousandths: int
    edge: int
    event_ids: tuple[str, ...]

    def explain(self, position: int) -> Explanation:
        """What was to be expected, and what came beyond it, by which events."""
        expected, came = float(self.expected_thousandths), 1000.0 * self.tickets
        terms = Term("expected in these six hours", expected), Term("beyond it", came - expected, self.event_ids)
        basis = f"{self.edge} would have been much"
        return Explanation(self.topic, "spike", position, came, "thousandths of tickets", basis, terms)


FORESIGHT_KINDS: tuple[type[Fact], ...] = (
    SlaForecast,
    HandlingForecast,
    DemandForecast,
    DemandSpiked,
)
