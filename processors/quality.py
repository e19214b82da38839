"""How well was this ticket handled? A checklist, asked when it ends and again when more becomes known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from processors.broken_promises import note_breach
from processors.checklist import EMPTY_LETTERS, MOST_KEPT, Course, answer, items_of, keep, passed
from processors.contract import Context, Emit, Output, Processor, Retract
from processors.conversation import conversation_terms, score_of
from schemas import emitted
from schemas.conduct import QualityChecked
from schemas.event import Event, unchecked
from schemas.experts import ExpertReplied
from schemas.explanation import Term
from schemas.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from schemas.values import OVER


class Quality(Processor[Course]):
    """Keeps which events tell how a ticket was handled, and says its checklist once it is over."""

    name = "quality"
    version = 2  # since it scores the conversation; what was said before holds no score
    consumes = (
        TicketOpened,
        TicketMessageAdded,
        TicketAssigned,
        TicketStatusChanged,
        TicketReopened,
        TicketResolved,
        TicketClosed,
        ExpertReplied,
        emitted.SlaBreachHappened,
    )
    facts = (QualityChecked,)
    looked_up = True
    state = Course

    def key(self, event: Event) -> str | None:
        if isinstance(event.data, TicketMessageAdded) and event.data.author == "bot":
            return None
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: Course, event: Event, context: Context) -> Sequence[Output]:
        state.account = event.account or state.account
        data = event.data
        match data:
            case ExpertReplied(expert=expert, public=True, text=text):
                _answered(state, event, expert, text)
            case TicketMessageAdded(author="expert", person=person, public=True, text=text):
                _answered(state, event, person, text)
            case TicketOpened(group=group):
                state.opened_by = event.id
                _asked(state, event)
                _given(state, event, group)
            case TicketMessageAdded(author="customer"):
                _asked(state, event)
            case TicketAssigned(group=group):
                _given(state, event, group)
            case emitted.SlaBreachHappened():
                note_breach(state.breaches, data, event, MOST_KEPT)
            case _:
                _ended(state, event)
        return _said(state, event) if state.is_over or state.is_said else ()


QUALITY: Final = Quality()


def _asked(state: Course, event: Event) -> None:
    if state.is_over:
        return  # thanks, mostly
    keep(state.waiting, event.id)
    if len(state.waiting) > 1:
        keep(state.asked_twice, event.id)
    state.last = "customer", event.id


def _answered(state: Course, event: Event, expert: str | None, text: str) -> None:
    found = answer(event.id, text)
    state.first = state.first or found
    # Some tools tell that somebody answered and not what: an answer without any text is not called empty.
    if text and found.letters < EMPTY_LETTERS:
        keep(state.empty, event.id)
    state.waiting.clear()
    state.last = "expert", event.id
    if expert is not None:
        state.expert = expert
        if len(state.experts) < MOST_KEPT:
            state.experts.setdefault(expert, event.id)


def _given(state: Course, event: Event, group: str | None) -> None:
    if group is not None:
        state.group = group
        if len(state.groups) < MOST_KEPT:
            state.groups.setdefault(group, event.id)


def _ended(state: Course, event: Event) -> None:
    match event.data:
        case TicketResolved(category=category, by=by) | TicketClosed(category=category, by=by):
            state.category = category or state.category
            state.expert = state.expert or by
            _end(state, event)
        case TicketStatusChanged(status=status) if status in OVER:
            _end(state, event)
        case TicketReopened() | TicketStatusChanged():
            if state.is_over:
                keep(state.reopened, event.id)
            state.is_over = False


def _end(state: Course, event: Event) -> None:
    if not state.is_over:
        state.is_over, state.ended_by, state.closing = True, event.id, state.last


def _said(state: Course, event: Event) -> Sequence[Output]:
    """The checklist of a ticket that is over; one that is open again has none."""
    ticket: str = event.data.ticket  # type: ignore[attr-defined]  # all that it consumes have one
    if not state.is_over:
        state.is_said = False
        return (Retract(QualityChecked, (ticket,)),)
    items = items_of(state)
    failed = tuple([item.name for item in items if not item.passed])
    points = conversation_terms(state)
    said = (*failed, *[term.label for term in points])
    if state.is_said and state.said == said:
        return ()
    state.is_said, state.said = True, said
    fact = QualityChecked(
        ticket=ticket,
        account=state.account,
        expert=state.expert,
        group=state.group,
        passed=passed(items),
        applicable=len(items),
        failed=failed,
        terms=tuple([Term(item.name, float(item.passed), item.event_ids) for item in items]),
        checked_at=event.occurred_at,
        score=score_of(points),
        score_terms=points,
    )
    if state.expert is None:
        return (fact,)
    measured = unchecked(
        emitted.QualityMeasured, ticket=ticket, expert=state.expert, passed=fact.passed, applicable=fact.applicable
    )
    return (fact, Emit(measured, state.account))
