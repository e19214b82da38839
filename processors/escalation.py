"""Must somebody senior see this ticket?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from processors.accounts import tier_at
from processors.broken_promises import note_breach
from processors.contract import Alert, Context, Output, Processor, Retract
from processors.escalation_terms import EscalationTerms, heard_in
from processors.settings import escalation_at
from schemas import emitted
from schemas.escalation import TicketEscalated
from schemas.event import Event
from schemas.experts import ExpertReplied
from schemas.explanation import Term
from schemas.instant import format_instant
from schemas.tickets import (
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from schemas.values import OVER

ESCALATION_ALERT: Final = "ticket.escalated"
# Messages in a row without an answer, from which on they count.
LEAST_UNANSWERED: Final = 3
MOST_IDS: Final = 8


class Sign(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Words that count, and the event they stand in."""

    words: str
    event_id: str


class TicketSigns(msgspec.Struct, array_like=True, gc=False):
    """What was heard on a ticket that may escalate it, and since when it is escalated. Mostly below 400 bytes."""

    account: str | None = None
    priority: str = "normal"
    prioritised_by: str = ""
    leaving: Sign | None = None
    executive: Sign | None = None
    breaches: dict[str, str] = msgspec.field(default_factory=dict)
    reopened: list[str] = msgspec.field(default_factory=list)
    unanswered: list[str] = msgspec.field(default_factory=list)
    is_over: bool = False
    escalated_at: int | None = None
    escalated_by: str = ""
    said: int = 0


class Escalation(Processor[TicketSigns]):
    """Adds up what speaks for escalating a ticket, and alerts once as it reaches the edge."""

    name = "escalation"
    consumes = (
        TicketOpened,
        TicketMessageAdded,
        TicketPriorityChanged,
        TicketStatusChanged,
        TicketReopened,
        TicketResolved,
        TicketClosed,
        TicketMerged,
        ExpertReplied,
        emitted.TicketClassified,
        emitted.SlaBreachHappened,
    )
    facts = (TicketEscalated,)
    state = TicketSigns

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketSigns, event: Event, context: Context) -> Sequence[Output]:
        terms = escalation_at(context, event.occurred_at)
        before = _signs(state)
        state.account = event.account or state.account
        _hear(state, event, terms)
        return () if _signs(state) == before else _told(state, event, context, terms)


ESCALATION: Final = Escalation()


def _signs(state: TicketSigns) -> tuple[object, ...]:
    """All that points are given for."""
    return (
        state.account,
        state.priority,
        state.leaving,
        state.executive,
        tuple(state.breaches),
        len(state.reopened),
        len(state.unanswered) if len(state.unanswered) >= LEAST_UNANSWERED else 0,
        state.is_over,
    )


def _hear(state: TicketSigns, event: Event, terms: EscalationTerms) -> None:
    match event.data:
        case TicketOpened(title=title, text=text, requester=person, priority=priority):
            state.priority = priority or state.priority
            _listen(state, event, f"{title}\n{text}", person, terms)
        case TicketMessageAdded(author="customer", text=text, person=person):
            _listen(state, event, text, person, terms)
        case ExpertReplied(public=True) | TicketMessageAdded(author="expert", public=True):
            state.unanswered.clear()
        case emitted.TicketClassified(priority=priority) | TicketPriorityChanged(priority=priority):
            if priority != state.priority or not state.prioritised_by:
                state.priority, state.prioritised_by = priority, event.id
        case emitted.SlaBreachHappened() as breach:
            note_breach(state.breaches, breach, event, MOST_IDS)
        case _:
            _end_or_reopen(state, event)


def _end_or_reopen(state: TicketSigns, event: Event) -> None:
    match event.data:
        case TicketReopened():
            _reopen(state, event)
        case TicketResolved() | TicketClosed() | TicketMerged():
            state.is_over = True
        case TicketStatusChanged(status=status):
            if status not in OVER:
                _reopen(state, event)
            state.is_over = status in OVER


def _listen(state: TicketSigns, event: Event, text: str, person: str | None, terms: EscalationTerms) -> None:
    if event.id not in state.unanswered and len(state.unanswered) < MOST_IDS:
        state.unanswered.append(event.id)
    heard = heard_in(text, terms.leaving_words)
    if heard.leaving and state.leaving is None:
        state.leaving = Sign(heard.leaving, event.id)
    if state.executive is None and (person in terms.executives or heard.executive):
        state.executive = Sign(
            person if person is not None and person in terms.executives else heard.executive, event.id
        )


def _reopen(state: TicketSigns, event: Event) -> None:
    if state.is_over and event.id not in state.reopened and len(state.reopened) < MOST_IDS:
        state.reopened.append(event.id)
    state.is_over = False


def terms_of(state: TicketSigns, tier: str | None, terms: EscalationTerms) -> tuple[Term, ...]:
    """Whole points, each with its events; those that count nothing are left out."""
    found: list[tuple[str, int, tuple[str, ...]]] = [
        (
            f"{tier or 'any'} customer, priority {state.priority}",
            terms.of(tier, state.priority),
            (state.prioritised_by,),
        ),
        *[(f"broken promise: {promise}", terms.breach, (id_,)) for promise, id_ in sorted(state.breaches.items())[:1]],
    ]
    if state.leaving is not None:
        found.append((f"speaks of leaving: “{state.leaving.words}”", terms.leaving, (state.leaving.event_id,)))
    if state.executive is not None:
        found.append((f"an executive: {state.executive.words}", terms.executive, (state.executive.event_id,)))
    if state.reopened:
        count = len(state.reopened)
        found.append((f"opened again, {count} times", terms.reopened * count, tuple(state.reopened)))
    if len(state.unanswered) >= LEAST_UNANSWERED:
        found.append((f"{len(state.unanswered)} messages without an answer", terms.unanswered, tuple(state.unanswered)))
    return tuple([Term(label, float(points), _known(ids)) for label, points, ids in found if points])


def _known(event_ids: Sequence[str]) -> tuple[str, ...]:
    return tuple([one for one in event_ids if one])


def _told(state: TicketSigns, event: Event, context: Context, terms: EscalationTerms) -> Sequence[Output]:
    if state.is_over and state.escalated_at is None:
        return ()
    ticket: str = event.data.ticket  # type: ignore[attr-defined]  # all that it consumes have one
    tier = tier_at(context, state.account, event.occurred_at)
    reasons = terms_of(state, tier, terms)
    points = int(sum([term.amount for term in reasons]))
    if points < terms.edge_points and not state.is_over:
        if state.escalated_at is None:
            return ()
        state.escalated_at, state.said = None, 0
        return (Retract(TicketEscalated, (ticket,)),)
    is_new = state.escalated_at is None
    if is_new:
        state.escalated_at, state.escalated_by = event.occurred_at, event.id
    said = -points if state.is_over else points
    if said == state.said:
        return ()
    state.said = said
    fact = _fact(ticket, state, tier, reasons, terms, event)
    return (fact, _alert(fact)) if is_new else (fact,)


def _fact(
    ticket: str,
    state: TicketSigns,
    tier: str | None,
    reasons: tuple[Term, ...],
    terms: EscalationTerms,
    event: Event,
) -> TicketEscalated:
    return TicketEscalated(
        ticket=ticket,
        account=state.account,
        points=int(sum([term.amount for term in reasons])),
        edge_points=terms.edge_points,
        tier=tier,
        priority=state.priority,
        terms=reasons,
        event_id=state.escalated_by,
        escalated_at=state.escalated_at or event.occurred_at,
        over_at=event.occurred_at if state.is_over else None,
    )


def _alert(fact: TicketEscalated) -> Alert:
    most = max(fact.terms, key=lambda term: term.amount)
    summary = f"Ticket {fact.ticket} is escalated with {fact.points} points: {most.label}"
    return Alert(
        ESCALATION_ALERT,
        fact,
        fact.ticket,
        summary,
        fact.escalated_at,
        fact.account,
        format_instant(fact.escalated_at),
        {"points": fact.points, "tier": fact.tier, "priority": fact.priority},
    )
