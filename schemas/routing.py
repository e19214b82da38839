"""Who should take a ticket: the team that is advised, the expert that is chosen, the queue, and how it turned out."""

from __future__ import annotations

from typing import ClassVar

from schemas.explanation import Explanation, Term
from schemas.fact import Fact


class TeamAdvised(Fact, frozen=True, kw_only=True):
    """Which team is likeliest to solve a ticket, as of its opening. Terms are log-odds per word; they sum to the logit.

    `given` is the team that whoever opened the ticket gave it to, if they did.
    """

    kind: ClassVar[str] = "team.advised"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    group: str
    given: str | None = None
    probability: float
    candidates: tuple[tuple[str, float], ...]
    n: int
    version: int
    logit: float
    terms: tuple[Term, ...]
    event_id: str
    advised_at: int

    def explain(self, position: int) -> Explanation:
        """Why this team: the words' log-odds, which sum to the logit."""
        basis = f"the tenant's team model version {self.version} after {self.n} labels"
        return Explanation(self.ticket, f"team {self.group}", position, self.logit, "log-odds", basis, self.terms)


class TicketRouted(Fact, frozen=True, kw_only=True):
    """One decision on who should take a ticket. Terms are whole points and sum to `score`.

    `candidates` are the best of those who could take it, with their scores; `exclusions` say of the first who could
    not why (`expert-3: no capacity`), and `excluded` is how many they were, those who were not there not counted.
    """

    kind: ClassVar[str] = "ticket.routed"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "number")
    order_bound: ClassVar[bool] = True

    ticket: str
    number: int
    account: str | None = None
    expert: str
    group: str | None
    score: int
    terms: tuple[Term, ...]
    candidates: tuple[tuple[str, float], ...]
    exclusions: tuple[str, ...]
    excluded: int
    waited_seconds: int
    due_at: int | None
    event_id: str
    routed_at: int

    def explain(self, position: int) -> Explanation:
        """Why this expert: the points of each criterion, which sum to the score."""
        basis = f"decision {self.number}, {len(self.candidates)} candidates shown, {self.excluded} excluded"
        return Explanation(
            self.ticket, f"routed to {self.expert}", position, float(self.score), "points", basis, self.terms
        )


class TicketQueued(Fact, frozen=True, kw_only=True):
    """A ticket waits for somebody who can take it; retracted once somebody has it or it is over."""

    kind: ClassVar[str] = "ticket.queued"
    identity: ClassVar[tuple[str, ...]] = ("ticket",)
    order_bound: ClassVar[bool] = True

    ticket: str
    account: str | None = None
    group: str | None
    category: str | None
    priority: str
    channel: str
    language: str | None
    reason: str
    exclusions: tuple[str, ...]
    due_at: int | None
    queued_at: int


class RouteJudged(Fact, frozen=True, kw_only=True):
    """How a decision turned out: `right`, `other expert` or `other group` (given on within a day), or `not taken`."""

    kind: ClassVar[str] = "route.judged"
    identity: ClassVar[tuple[str, ...]] = ("ticket", "number")
    order_bound: ClassVar[bool] = True

    ticket: str
    number: int
    account: str | None = None
    expert: str
    group: str | None
    verdict: str
    given_to: str | None
    given_group: str | None
    event_id: str
    judged_at: int


class ExpertLoad(Fact, frozen=True, kw_only=True):
    """What an expert has in hand and how tired work without a break has made them. Terms sum to the fatigue.

    Usual are the times from getting a ticket to its first answer and to its end.
    """

    kind: ClassVar[str] = "expert.load"
    identity: ClassVar[tuple[str, ...]] = ("expert",)
    order_bound: ClassVar[bool] = True

    expert: str
    group: str | None
    status: str
    tickets: int
    capacity: int
    handled_minutes: int
    fatigue_percent: int
    terms: tuple[Term, ...]
    usual_seconds: int | None
    usual_answer_seconds: int | None
    measured_at: int

    def explain(self, position: int) -> Explanation:
        """Why so tired: minutes at work without a break, and how many of them are free."""
        basis = f"{self.tickets} of {self.capacity} tickets in hand, {self.status}"
        return Explanation(self.expert, "fatigue", position, float(self.fatigue_percent), "percent", basis, self.terms)


ROUTING_KINDS: tuple[type[Fact], ...] = (TeamAdvised, TicketRouted, TicketQueued, RouteJudged, ExpertLoad)
