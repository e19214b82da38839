"""What follows at the desk when a ticket must be given, is taken, is over, or when somebody has room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from processors.contract import Cancel, Context, Output, Retract, Timer
from processors.fatigue import rested_at, worked
from processors.routing_desk import Case, Desk, Route, Seat
from processors.routing_facts import Verdict, judged, load, queued, routed
from processors.routing_score import choose, excluded_by
from processors.settings import routing_at
from processors.slack import Ahead
from schemas.event import Event
from schemas.instant import DAY, HOUR, SECOND
from schemas.routing import TicketQueued

RIGHT: Final = "right"
OTHER_EXPERT: Final = "other expert"
OTHER_GROUP: Final = "other group"
NOT_TAKEN: Final = "not taken"

TICKET_TIMER: Final = "ticket "
REST_TIMER: Final = "rest "
# A ticket that is over is remembered so long, so that it comes back to who knows it when it is opened again.
_REMEMBERED: Final = 7 * DAY


class Moves:
    """The moves of one step: what changes hands, and what has to be said of it at the end."""

    def __init__(self, desk: Desk, event: Event, context: Context) -> None:
        self.desk = desk
        self.terms = routing_at(context, context.clock)
        self.now = context.clock
        self._event = event
        self._context = context
        self._outputs: list[Output] = []
        self._touched: dict[str, None] = {}
        self._freed: dict[str, None] = {}
        self._retold: dict[str, None] = {}

    def seat(self, expert: str | None) -> Seat | None:
        """The seat of an expert who is known, to be changed."""
        seat = None if expert is None else self.desk.seats.get(expert)
        if seat is not None and expert is not None:
            self._touch(expert)
        return seat

    def works(self, expert: str | None) -> None:
        """An act of an expert, for fatigue."""
        seat = self.seat(expert)
        if seat is None:
            return
        worked(seat.stretch, self._event.occurred_at, self.terms)

    def answers(self, ticket: str, case: Case, expert: str | None) -> None:
        """The first answer to a ticket's customer."""
        seat = self.seat(expert) if case.expert == expert else None
        if seat is not None:
            seat.usual_answer_seconds = _usual(seat.usual_answer_seconds, self._event.occurred_at - case.since)
        case.is_answered = True
        self.takes_turn_again(ticket, case)

    def waits(self, ticket: str, case: Case) -> None:
        """A ticket that nobody has takes its turn."""
        ahead = Ahead(self._context, case.account, case.opened_at, case.promised, case.channel)
        case.due_at = ahead.due_at(is_answered=case.is_answered)
        self.desk.waits(ticket, case)

    def takes_turn_again(self, ticket: str, case: Case) -> None:
        """Something changed that a turn depends on."""
        if case.waits:
            self.desk.waits_no_more(ticket, case)
            self.waits(ticket, case)
            self.is_told_again(ticket)

    def is_told_again(self, ticket: str) -> None:
        """Something changed that the queue says of a ticket, or that decides who could take it."""
        self._retold[ticket] = None

    def route(self, ticket: str, case: Case) -> None:
        """Gives a waiting ticket to who should have it, or says that it has to wait."""
        choice = choose(self.desk, case, self.now, self.terms)
        if not choice.candidates:
            self._outputs.append(queued(ticket, case, choice, self.now))
            case.queued_at = self.now if case.queued_at is None else case.queued_at
            self.desk.cases.touch(ticket)
            return
        expert = choice.candidates[0].expert
        seat = self.desk.seats[expert]
        self._touch(expert)
        self.desk.waits_no_more(ticket, case)
        self.desk.holds(ticket, case, expert, self.now, by_hand=False)
        seat.given_at = self.now
        case.number += 1
        case.route = Route(expert, seat.group if seat.group is not None else case.wanted, self.now)
        self._outputs.append(routed(ticket, case, case.route, choice, self._event.id))
        self._outputs.append(Timer(TICKET_TIMER + ticket, self.now + self.terms.wrong_within_hours * HOUR))
        self._leaves_queue(ticket, case)

    def takes(self, ticket: str, case: Case, expert: str) -> None:
        """People gave the ticket to an expert, whatever was decided."""
        self._leaves_queue(ticket, case)
        if case.expert == expert:
            case.by_hand = True
            self.desk.cases.touch(ticket)
            return
        self.gives_back(ticket, case)
        self.desk.waits_no_more(ticket, case)
        self.desk.holds(ticket, case, expert, self.now, by_hand=True)
        self.seat(expert)

    def gives_back(self, ticket: str, case: Case) -> str | None:
        """Nobody has the ticket any more; who had it has room."""
        expert = self.desk.holds_no_more(ticket, case)
        if expert is not None and expert in self.desk.seats:
            self._touch(expert)
            self._freed[expert] = None
        return expert

    def is_over(self, ticket: str, case: Case, by: str | None) -> None:
        """The ticket is solved, closed or part of another one."""
        self._judge_at_end(ticket, case, by if by is not None and by in self.desk.seats else None)
        self.desk.waits_no_more(ticket, case)
        self._leaves_queue(ticket, case)
        since = case.since
        expert = self.gives_back(ticket, case)
        seat = self.seat(expert)
        if seat is not None:
            seat.usual_seconds = _usual(seat.usual_seconds, self._event.occurred_at - since)
        case.is_over, case.knows = True, expert if expert is not None else case.knows
        self.desk.cases.touch(ticket)
        self._outputs.append(Timer(TICKET_TIMER + ticket, self.now + _REMEMBERED))

    def judge(
        self, ticket: str, case: Case, verdict: str, given_to: str | None = None, given_group: str | None = None
    ) -> None:
        """A decision has turned out like this."""
        route, case.route = case.route, None
        if route is None:
            return
        self.desk.cases.touch(ticket)
        self._outputs.append(Cancel(TICKET_TIMER + ticket))
        said = Verdict(verdict, given_to, given_group, self._event.occurred_at, self._event.id)
        self._outputs.append(judged(ticket, case, route, said))

    def has_room(self, *experts: str) -> None:
        """These may be able to take more than before."""
        self._freed.update(dict.fromkeys(experts))

    def everybody_has_room(self) -> None:
        """Anybody may be able to take more than before."""
        self.has_room(*self.desk.seats)

    def outputs(self) -> Sequence[Output]:
        """Gives those who wait to those who have room, and says what has to be said."""
        self._drain()
        self._tell_again()
        for expert in sorted(self._touched):
            seat = self.desk.seats.get(expert)
            said = None if seat is None else load(expert, seat, self.now, self.terms)
            if seat is not None and said is not None:
                self._outputs.append(said)
                if said.fatigue_percent:
                    self._outputs.append(Timer(REST_TIMER + expert, rested_at(seat.stretch, self.terms)))
        return self._outputs

    def _judge_at_end(self, ticket: str, case: Case, by: str | None) -> None:
        route = case.route
        if route is None:
            return
        if by is not None and by != route.expert:
            seat = self.desk.seats.get(by)
            group = None if seat is None else seat.group
            self.judge(ticket, case, OTHER_EXPERT if group in (None, route.group) else OTHER_GROUP, by, group)
        else:
            self.judge(ticket, case, RIGHT if route.is_taken or by is not None else NOT_TAKEN)

    def _leaves_queue(self, ticket: str, case: Case) -> None:
        if case.queued_at is not None:
            case.queued_at = None
            self.desk.cases.touch(ticket)
            self._outputs.append(Retract(TicketQueued, (ticket,)))

    def _tell_again(self) -> None:
        for ticket in self._retold:
            case = self.desk.cases.get(ticket)
            if case is not None and case.waits and case.queued_at is not None:
                self.route(ticket, case)

    def _drain(self) -> None:
        desk, freed = self.desk, sorted(self._freed)
        free = [seat for seat in map(desk.seats.get, freed) if seat is not None and self._can_take(seat)]
        if not free or not desk.queue:
            return
        groups = {seat.group: None for _, seat in desk.seats.unordered()}
        for _, _, ticket in desk.queue.copy():
            case = desk.cases[ticket]
            group = case.wanted if case.wanted in groups else None
            if any(excluded_by(seat, case, group, self.terms) is None for seat in free):
                self.route(ticket, case)
                free = [seat for seat in free if self._can_take(seat)]
                if not free:
                    return

    def _can_take(self, seat: Seat) -> bool:
        return seat.status == "online" and seat.room(self.terms) > 0

    def _touch(self, expert: str) -> None:
        self._touched[expert] = None
        self.desk.seats.touch(expert)


def _usual(usual_seconds: int | None, took_us: int) -> int:
    """A mean in whole seconds that follows what is done now: an eighth of the way to each new one."""
    took = max(0, took_us) // SECOND
    return took if usual_seconds is None else usual_seconds + (took - usual_seconds) // 8
