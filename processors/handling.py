"""How many minutes of work will this ticket take?

Told once, when triage has spoken of a new ticket, out of what is known then: category, priority, channel, group and
attributes. What it took is known when it is solved: an act of an expert on it (a reply, a note, solving it) counts the
time since the act before, where that was the same person's and no break lies between, else `FIRST_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from processors.contract import Context, Emit, Output, Processor
from processors.handling_model import Expected, handling_knowledge, minutes_of
from processors.lengths import cut
from processors.settings import routing_at
from schemas.emitted import HandlingForetold, HandlingObserved, TicketClassified
from schemas.event import Event, unchecked
from schemas.experts import ExpertNoted, ExpertReplied
from schemas.explanation import Term
from schemas.foresight import HandlingForecast
from schemas.instant import MINUTE, SECOND
from schemas.tickets import TicketClosed, TicketOpened, TicketResolved

FIRST_SECONDS: Final = 300  # reading, thinking and writing of an act that nothing shows the beginning of
_MOST_ATTRIBUTES: Final = 8
_LONGEST_VALUE: Final = 60  # bytes


class Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was told at the opening, to be said again with what it took: minutes, their range, the usual ones."""

    minutes: tuple[int, int, int, int]
    total: int
    model: str
    n: int
    terms: tuple[tuple[str, float], ...]
    event_id: str
    at: int


class TicketWork(msgspec.Struct, array_like=True, gc=False):
    """What is known of a ticket's work. Some 400 bytes."""

    values: tuple[str, ...] = ()
    is_asked: bool = False
    told: Told | None = None
    seconds: int = 0
    acts: int = 0
    last_by: str = ""
    last_at: int = 0
    is_taught: bool = False


class Handling(Processor[TicketWork]):
    """Foretells each ticket's work, and teaches the tenant's model when it is solved."""

    name = "handling"
    consumes = (TicketOpened, TicketClassified, ExpertReplied, ExpertNoted, TicketResolved, TicketClosed)
    facts = (HandlingForecast,)
    state = TicketWork

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketWork, event: Event, context: Context) -> Sequence[Output]:
        match event.data:
            case TicketClassified(ticket=ticket, category=category, priority=priority):
                if state.is_asked or not state.values:
                    return ()
                state.is_asked = True
                known = [f"category={category}"] if category is not None else []
                state.values = (*known, f"priority={priority}", *state.values)
                return _foretold(state, ticket, event, context)
            case ExpertReplied(expert=by) | ExpertNoted(expert=by) if not state.is_taught:
                _work(state, by, event, context)
            case TicketOpened() as opened if not state.values and not state.is_taught:
                state.values = _values_of(opened)
            case TicketResolved(ticket=ticket, by=by) | TicketClosed(ticket=ticket, by=by) if not state.is_taught:
                if by is not None:
                    _work(state, by, event, context)
                return _solved(state, ticket, event)
        return ()


HANDLING: Final = Handling()


def _values_of(opened: TicketOpened) -> tuple[str, ...]:
    """What is known as a ticket is opened, each value with its name."""
    named = [(name, opened.attributes[name]) for name in sorted(opened.attributes)[:_MOST_ATTRIBUTES]]
    known = [("channel", opened.channel), ("group", opened.group), *named]
    return tuple([cut(f"{name}={value}", _LONGEST_VALUE) for name, value in known if value is not None])


def _foretold(state: TicketWork, ticket: str, event: Event, context: Context) -> Sequence[Output]:
    knowledge = handling_knowledge(context)
    if knowledge is None:
        return ()
    found: Expected = knowledge.expected(state.values)
    state.told = Told(
        (minutes_of(found.total), minutes_of(found.low), minutes_of(found.high), minutes_of(found.usual)),
        found.total,
        found.model,
        knowledge.effects.n,
        tuple([(term.label, term.amount) for term in found.terms]),
        event.id,
        event.occurred_at,
    )
    fact = _fact(state.told, ticket, event.account, None)
    more = fact.minutes - fact.usual_minutes
    if not more:
        return (fact,)
    return fact, Emit(unchecked(HandlingForetold, ticket=ticket, more_minutes=more), event.account)


def _work(state: TicketWork, by: str, event: Event, context: Context) -> None:
    """Counts one act; one told late counts as one of which nothing shows the beginning."""
    since = event.occurred_at - state.last_at
    rest = routing_at(context, event.occurred_at).rest_minutes * MINUTE
    is_going_on = by == state.last_by and 0 <= since <= rest
    state.seconds += since // SECOND if is_going_on else FIRST_SECONDS
    state.acts += 1
    if since >= 0:
        state.last_by, state.last_at = by, event.occurred_at


def _solved(state: TicketWork, ticket: str, event: Event) -> Sequence[Output]:
    """The first end of a ticket on which somebody worked teaches."""
    if not state.acts:
        return ()
    state.is_taught = True
    outputs: list[Output] = []
    if state.is_asked:
        observed = unchecked(HandlingObserved, ticket=ticket, values=state.values, seconds=state.seconds)
        outputs.append(Emit(observed, event.account))
    if state.told is not None:
        outputs.append(_fact(state.told, ticket, event.account, state.seconds))
    # Nothing more is said of it: what it was told by need not be written again with each later event.
    state.values, state.told = (), None
    return outputs


def _fact(told: Told, ticket: str, account: str | None, seconds: int | None) -> HandlingForecast:
    minutes, low, high, usual = told.minutes
    return HandlingForecast(
        ticket=ticket,
        account=account,
        minutes=minutes,
        low_minutes=low,
        high_minutes=high,
        usual_minutes=usual,
        handled_minutes=None if seconds is None else max(1, round(seconds / 60)),
        model=told.model,
        n=told.n,
        log_thousandths=told.total,
        terms=tuple([Term(label, amount) for label, amount in told.terms]),
        event_id=told.event_id,
        predicted_at=told.at,
    )
