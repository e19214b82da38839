"""What is said of decisions, of the queue and of experts' load."""

from __future__ import annotations

from typing import NamedTuple

from processors.fatigue import fatigue_percent, fatigue_terms, handled_minutes
from processors.routing_desk import Case, Route, Seat
from processors.routing_score import MOST_CANDIDATES, Choice
from processors.routing_terms import RoutingTerms
from schemas.instant import SECOND
from schemas.routing import ExpertLoad, RouteJudged, TicketQueued, TicketRouted


class Verdict(NamedTuple):
    """A word on a decision, to whom the ticket went instead, and by which event."""

    word: str
    given_to: str | None
    given_group: str | None
    at: int
    event_id: str


def routed(ticket: str, case: Case, route: Route, choice: Choice, event_id: str) -> TicketRouted:
    """The decision for the first of the candidates."""
    best = choice.candidates[0]
    waited = 0 if case.queued_at is None else max(0, route.at - case.queued_at)
    return TicketRouted(
        ticket=ticket,
        number=case.number,
        account=case.account,
        expert=best.expert,
        group=route.group,
        score=best.score,
        terms=best.terms,
        candidates=tuple([(one.expert, float(one.score)) for one in choice.candidates[:MOST_CANDIDATES]]),
        exclusions=choice.exclusions,
        excluded=choice.excluded,
        waited_seconds=waited // SECOND,
        due_at=case.due_at,
        event_id=event_id,
        routed_at=route.at,
    )


def queued(ticket: str, case: Case, choice: Choice, at: int) -> TicketQueued:
    """That nobody can take it now, and why."""
    return TicketQueued(
        ticket=ticket,
        account=case.account,
        group=case.wanted,
        category=case.category,
        priority=case.priority,
        channel=case.channel,
        language=case.language,
        reason=choice.reason,
        exclusions=choice.exclusions,
        due_at=case.due_at,
        queued_at=at if case.queued_at is None else case.queued_at,
    )


def judged(ticket: str, case: Case, route: Route, verdict: Verdict) -> RouteJudged:
    """How a decision turned out."""
    return RouteJudged(
        ticket=ticket,
        number=case.number,
        account=case.account,
        expert=route.expert,
        group=route.group,
        verdict=verdict.word,
        given_to=verdict.given_to,
        given_group=verdict.given_group,
        event_id=verdict.event_id,
        judged_at=verdict.at,
    )


def load(expert: str, seat: Seat, now: int, terms: RoutingTerms) -> ExpertLoad | None:
    """The expert's load where it is another than was last said."""
    minutes = handled_minutes(seat.stretch, now, terms)
    tired = fatigue_percent(minutes, terms)
    said = seat.status, seat.tickets, seat.most(terms), tired
    if (said, seat.group) == (seat.said, seat.said_group):
        return None
    seat.said, seat.said_group = said, seat.group
    return ExpertLoad(
        expert=expert,
        group=seat.group,
        status=seat.status,
        tickets=seat.tickets,
        capacity=seat.most(terms),
        handled_minutes=minutes,
        fatigue_percent=tired,
        terms=fatigue_terms(minutes, terms),
        usual_seconds=seat.usual_seconds,
        usual_answer_seconds=seat.usual_answer_seconds,
        measured_at=now,
    )
