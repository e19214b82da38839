"""Who should take each ticket, and who waits?

One cell a tenant: experts with skills, languages, capacity and presence, who has which ticket, and the queue. A
decision is a recommendation: it counts as load until the ticket is over, and whatever people assign wins over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from processors.contract import Context, Output, Processor, Timer
from processors.lengths import first_of
from processors.routing_desk import MOST_CASES, MOST_SEATS, Case, Desk, Seat
from processors.routing_moves import (
    NOT_TAKEN,
    OTHER_EXPERT,
    OTHER_GROUP,
    REST_TIMER,
    RIGHT,
    TICKET_TIMER,
    Moves,
)
from schemas import emitted
from schemas.emitted import TimerFired
from schemas.event import Event
from schemas.experts import ExpertAvailabilityChanged, ExpertNoted, ExpertReplied
from schemas.routing import ExpertLoad, RouteJudged, TicketQueued, TicketRouted
from schemas.settings_routing import SettingsRoutingChanged
from schemas.tickets import (
    TicketAssigned,
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

_MOST_NAME_BYTES: Final = 1_000
_SETTINGS: Final = "settings"
# What says nothing to a desk that does not know the ticket.
_PASSING: Final = (
    emitted.TicketClassified,
    emitted.HandlingForetold,
    emitted.TeamAdvised,
    TicketStatusChanged,
    TicketResolved,
    TicketClosed,
)


class Routing(Processor[Desk]):
    """Recommends an expert for each ticket, never beyond anybody's capacity, and keeps a queue by time left."""

    name = "routing"
    version = 3  # since the queue follows what changes, and an expert's message is an answer
    consumes = (
        TicketOpened,
        emitted.TicketClassified,
        emitted.HandlingForetold,
        emitted.TeamAdvised,
        TicketAssigned,
        TicketPriorityChanged,
        TicketStatusChanged,
        TicketResolved,
        TicketReopened,
        TicketClosed,
        TicketMerged,
        TicketMessageAdded,
        ExpertReplied,
        ExpertNoted,
        ExpertAvailabilityChanged,
        SettingsRoutingChanged,
    )
    facts = (TicketRouted, TicketQueued, RouteJudged, ExpertLoad)
    state = Desk

    def key(self, event: Event) -> str | None:
        if isinstance(event.data, TicketMessageAdded) and event.data.author != "expert":
            return None
        return "desk"

    def step(self, state: Desk, event: Event, context: Context) -> Sequence[Output]:
        data = event.data
        if isinstance(data, SettingsRoutingChanged):
            # The context shows what this record says from the next one on.
            return (Timer(_SETTINGS, context.clock),)
        if isinstance(data, ExpertAvailabilityChanged):
            moves = Moves(state, event, context)
            _seated(moves, data, event)
            return moves.outputs()
        if not state.seats or (isinstance(data, _PASSING) and state.cases.get(data.ticket) is None):
            # A tenant that does not tell who is there asks for no routing.
            return ()
        moves = Moves(state, event, context)
        _moved(moves, event)
        return moves.outputs()

    def encode(self, state: Desk) -> Mapping[str, bytes]:
        return state.encode()

    def decode(self, parts: Mapping[str, bytes]) -> Desk:
        return Desk.decode(parts)

    def digest(self, state: Desk) -> bytes:
        return sha256(state.whole()).digest()


ROUTING: Final = Routing()


def _moved(moves: Moves, event: Event) -> None:
    data = event.data
    match data:
        case TimerFired(name=name):
            _woken(moves, name)
        case TicketOpened():
            _opened(moves, data, event)
        case (
            ExpertReplied(ticket=ticket, expert=expert, public=public)
            | TicketMessageAdded(ticket=ticket, person=expert, public=public)
        ):
            _answered(moves, ticket, expert, public=public)
        case ExpertNoted(expert=expert):
            moves.works(expert)
        case TicketAssigned(ticket=ticket):
            _assigned(moves, data, event)
        case TicketReopened(ticket=ticket):
            _reopened(moves, ticket, event)
        case _:
            ticket = data.ticket  # type: ignore[attr-defined]  # all that are left have one
            case = moves.desk.cases.get(ticket)
            if case is not None:
                moves.desk.cases.touch(ticket)
                _changed(moves, ticket, case, event)


def _changed(moves: Moves, ticket: str, case: Case, event: Event) -> None:
    match event.data:
        case emitted.TicketClassified() | emitted.HandlingForetold() | emitted.TeamAdvised() as said:
            _foretold(moves, ticket, case, said)
        case TicketPriorityChanged(priority=priority):
            case.priority = case.promised = priority
            moves.takes_turn_again(ticket, case)
        case TicketResolved(by=by) | TicketClosed(by=by):
            _ended(moves, ticket, case, by)
        case TicketMerged():
            _ended(moves, ticket, case, None)
        case TicketStatusChanged(status=status, by=by):
            if status in OVER:
                _ended(moves, ticket, case, by)
            elif case.is_over:
                _reopened(moves, ticket, event)


def _foretold(
    moves: Moves,
    ticket: str,
    case: Case,
    said: emitted.TicketClassified | emitted.HandlingForetold | emitted.TeamAdvised,
) -> None:
    """Takes in what a model says of a ticket; the team's speaks last, and then a new one is routed."""
    match said:
        case emitted.TicketClassified(category=category, priority=priority):
            known = case.category, case.priority
            case.category, case.priority = category or case.category, priority
            if known != (case.category, case.priority):
                moves.is_told_again(ticket)
        case emitted.HandlingForetold(more_minutes=more):
            case.more_minutes = more
        case emitted.TeamAdvised(group=group):
            if group != case.advised:
                moves.is_told_again(ticket)
            case.advised = group
            if case.waits and case.queued_at is None:
                moves.route(ticket, case)


def _seated(moves: Moves, said: ExpertAvailabilityChanged, event: Event) -> None:
    """Takes in who is there; what is left out stays as it was."""
    desk, expert = moves.desk, said.expert
    seat = desk.seats.get(expert)
    if seat is None:
        if len(desk.seats) >= MOST_SEATS:
            desk.beyond += 1
            return
        seat = Seat()
        for _, case in desk.cases.unordered():
            if case.expert == expert:
                seat.held[case.channel] = seat.held.get(case.channel, 0) + 1
        desk.seats[expert] = seat
    if (event.occurred_at, event.id) <= (seat.at, seat.event_id):
        return
    moves.seat(expert)
    group = seat.group
    seat.at, seat.event_id, seat.status = event.occurred_at, event.id, said.status
    seat.group = said.group if said.group is not None else seat.group
    seat.skills = first_of(said.skills, _MOST_NAME_BYTES) or seat.skills
    seat.languages = first_of(said.languages, _MOST_NAME_BYTES) or seat.languages
    seat.capacity = said.capacity if said.capacity is not None else seat.capacity
    seat.channel_capacity = {str(name): most for name, most in said.channel_capacity.items()} or seat.channel_capacity
    if said.status == "offline":
        _left(moves, expert)
    moves.has_room(expert)
    if group not in (None, seat.group):
        # Nobody may be left of a group that tickets were kept for.
        moves.everybody_has_room()


def _left(moves: Moves, expert: str) -> None:
    """What was given to somebody who left and did not take it up goes to others."""
    if not moves.desk.seats[expert].tickets:
        return
    held = sorted([ticket for ticket, case in moves.desk.cases.unordered() if case.expert == expert])
    given = {ticket: case for ticket in held if _is_not_taken(case := moves.desk.cases[ticket])}
    for ticket, case in given.items():
        moves.judge(ticket, case, NOT_TAKEN)
        moves.gives_back(ticket, case)
        moves.waits(ticket, case)
    for ticket in [ticket for _, _, ticket in moves.desk.queue if ticket in given]:
        moves.route(ticket, given[ticket])


def _is_not_taken(case: Case) -> bool:
    return case.route is not None and not case.by_hand and not case.route.is_taken


def _opened(moves: Moves, said: TicketOpened, event: Event) -> None:
    desk, ticket = moves.desk, said.ticket
    is_new = ticket not in desk.cases
    case = _case(moves, ticket, event)
    if case is None:
        return
    desk.waits_no_more(ticket, case)
    if case.expert is None:
        # The channel of what somebody has counts in their load.
        case.channel = said.channel
    case.account, case.language, case.opened_at = event.account, event.language, event.occurred_at
    case.promised = said.priority or case.promised
    case.priority = case.promised
    if case.placed == (0, ""):
        case.group = said.group
    if is_new and said.assignee is not None:
        case.placed = event.occurred_at, event.id
        moves.takes(ticket, case, said.assignee)
    elif case.expert is None and not case.is_over:
        moves.waits(ticket, case)
        if not is_new:
            moves.route(ticket, case)
        # A new one is routed once triage and the team's model have spoken, within this record.


def _answered(moves: Moves, ticket: str, expert: str | None, *, public: bool) -> None:
    moves.works(expert)
    case = moves.desk.cases.get(ticket)
    if case is None or case.is_over:
        return
    moves.desk.cases.touch(ticket)
    if case.route is not None and case.route.expert == expert:
        case.route.is_taken = True
    if case.waits and expert is not None and expert in moves.desk.seats:
        moves.takes(ticket, case, expert)
    if public and not case.is_answered:
        moves.answers(ticket, case, expert)


def _assigned(moves: Moves, said: TicketAssigned, event: Event) -> None:
    """People decide; what was decided here is judged by it."""
    ticket, group, assignee = said.ticket, said.group, said.assignee
    case, place = _case(moves, ticket, event), (event.occurred_at, event.id)
    if case is None or place <= case.placed:
        return
    moves.desk.cases.touch(ticket)
    case.placed = place
    if group is not None or assignee is None:
        case.group = group
    if case.is_over:
        return
    _compare(moves, ticket, case, said)
    if assignee is not None:
        moves.takes(ticket, case, assignee)
        return
    holder = moves.desk.seats.get(case.expert or "")
    if group is not None and holder is not None and holder.group == group:
        return
    if case.expert is not None:
        moves.gives_back(ticket, case)
    if not case.waits:
        moves.waits(ticket, case)
    moves.route(ticket, case)


def _compare(moves: Moves, ticket: str, case: Case, said: TicketAssigned) -> None:
    """Whether people gave the ticket where it was recommended to."""
    route, group = case.route, said.group
    if route is None:
        return
    if said.assignee is None:
        if group is None:
            moves.judge(ticket, case, NOT_TAKEN)
        elif group != route.group:
            moves.judge(ticket, case, OTHER_GROUP, None, group)
    elif said.assignee == route.expert:
        route.is_taken = True
    else:
        seat = moves.desk.seats.get(said.assignee)
        group = group if group is not None or seat is None else seat.group
        verdict = OTHER_EXPERT if group in (None, route.group) else OTHER_GROUP
        moves.judge(ticket, case, verdict, said.assignee, group)


def _reopened(moves: Moves, ticket: str, event: Event) -> None:
    case = _case(moves, ticket, event)
    if case is None or case.expert is not None or case.waits:
        return
    case.is_over = False
    moves.waits(ticket, case)
    moves.route(ticket, case)


def _ended(moves: Moves, ticket: str, case: Case, by: str | None) -> None:
    moves.works(by)
    if not case.is_over:
        moves.is_over(ticket, case, by)


def _case(moves: Moves, ticket: str, event: Event) -> Case | None:
    """The ticket; one whose opening was not heard begins with what is heard first. None where there is no room."""
    desk = moves.desk
    case = desk.cases.get(ticket)
    if case is None and len(desk.cases) >= MOST_CASES:
        desk.beyond += 1
    elif case is None:
        case = desk.cases[ticket] = Case(account=event.account, opened_at=event.occurred_at)
    return case


def _woken(moves: Moves, name: str) -> None:
    if name == _SETTINGS:
        for expert in moves.desk.seats:
            moves.seat(expert)
        moves.everybody_has_room()
    elif name.startswith(REST_TIMER):
        moves.seat(name.removeprefix(REST_TIMER))
    else:
        ticket = name.removeprefix(TICKET_TIMER)
        case = moves.desk.cases.get(ticket)
        if case is not None and case.is_over:
            del moves.desk.cases[ticket]
        elif case is not None and case.route is not None:
            moves.judge(ticket, case, RIGHT if case.route.is_taken else NOT_TAKEN)
