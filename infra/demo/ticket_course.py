"""How a ticket goes: answers drawn in the desk's open time, so that about one promise in ten is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Final

from infra.demo.clocks import clocks_of
from infra.demo.open_time import OpenTime
from infra.demo.promises import HOUR_US, Promise, promise_for
from infra.demo.ticket_plan import SECOND_US, Move, MoveKind, Ticket
from infra.demo.words import PERSONAL_KINDS

# Log-normal shares of a target: about 11 % of them lie above one.
_SPREAD: Final = 0.85
_CENTRE: Final = -1.03
_SHORTEST_US: Final = 40 * SECOND_US
_UNPROMISED_US: Final = {"next_response": 7 * HOUR_US, "resolution": 50 * HOUR_US, "first_response": 16 * HOUR_US}
_PERSONAL_SHARE: Final = 0.06


class Course:
    """The moves of one ticket under way: keeps the instant it has come to."""

    def __init__(self, ticket: Ticket, desk: OpenTime, draw: Random, slowness: float) -> None:
        self.ticket = ticket
        self.desk = desk
        self.draw = draw
        self.slowness = slowness
        self.now = ticket.opened_at

    def add(self, kind: MoveKind, value: str = "", *, after_us: int = 0, at: int | None = None) -> Move:
        """A move so long after now, or at an instant; the course comes to it."""
        self.now = self.now + after_us if at is None else max(at, self.now)
        move = Move(self.now, kind, value)
        if kind == "wrote" and self.draw.random() < _PERSONAL_SHARE:
            move.personal = self.draw.choice(PERSONAL_KINDS)
        self.ticket.moves.append(move)
        return move

    def share_us(self, clock: str) -> int:
        """How much open time the desk takes for what a clock measures."""
        target = self.ticket.promise.target_us(clock) or _UNPROMISED_US[clock]
        share = self.draw.lognormvariate(_CENTRE, _SPREAD) * self.slowness
        return max(_SHORTEST_US, int(target * share)) // 1_000 * 1_000

    def wall_us(self, median_hours: float, spread: float = 0.9) -> int:
        """How long a customer takes for something, on the wall clock."""
        hours = median_hours * self.draw.lognormvariate(0.0, spread)
        return max(60 * SECOND_US, int(hours * HOUR_US)) // 1_000 * 1_000


def course(
    ticket: Ticket,
    opened_at: int,
    desks: Mapping[str, OpenTime],
    end: int,
    draw: Random,
    *,
    answered_after: int | None = None,
) -> None:
    """Fills the ticket's moves from the opening up to `end`; what would come later is not told."""
    way = _opened(ticket, opened_at, desks, draw)
    if answered_after is None and draw.random() < 0.007 and ticket.number > 10:
        _merged(way)
    else:
        _answered(way, answered_after)
        _worked_on(way)
        _solved(way)
        _afterwards(way)
    _raised(way, desks)
    ticket.moves = sorted((move for move in ticket.moves if move.at <= end), key=lambda move: move.at)


def waiting(ticket: Ticket, desks: Mapping[str, OpenTime], end: int, minutes_left: int, draw: Random) -> None:
    """A ticket that nobody has answered: due in so many open minutes, or (one in four) past due by as many."""
    desk, target = desks[ticket.promise.desk], ticket.promise.target_us("first_response")
    assert target is not None  # noqa: S101  # every promise has one
    seconds = minutes_left * 60 + draw.randint(0, 59)
    elapsed = target + seconds * SECOND_US if draw.random() < 0.25 else max(target - seconds * SECOND_US, target // 5)
    way = _opened(ticket, desk.before(end, elapsed), desks, draw)
    gap = max(2 * SECOND_US, end - ticket.opened_at)
    way.add("assigned", at=ticket.opened_at + int(gap * draw.uniform(0.1, 0.5)))
    if minutes_left % 3 == 0:
        way.add("wrote", "chase", at=ticket.opened_at + int(gap * draw.uniform(0.6, 0.95)))


def _opened(ticket: Ticket, opened_at: int, desks: Mapping[str, OpenTime], draw: Random) -> Course:
    personal = draw.choice(PERSONAL_KINDS) if draw.random() < _PERSONAL_SHARE else None
    ticket.moves = [Move(opened_at, "opened", personal=personal)]
    day_pressure = ticket.account.fate.severity if ticket.account.fate.cause == "service" else 0.0
    way = Course(ticket, desks[ticket.promise.desk], draw, 1.0 + 1.2 * day_pressure)
    if ticket.channel in ("chat", "web") and draw.random() < 0.3:
        way.add("acknowledged", "acknowledged", after_us=2 * SECOND_US)
    return way


def _merged(way: Course) -> None:
    """The same customer had asked before: joined to the ticket a few numbers earlier, long before anything is due."""
    way.add("assigned", after_us=int(way.draw.uniform(60, 240)) * SECOND_US)
    way.add("merged", after_us=120 * SECOND_US)
    way.add("closed", after_us=2 * SECOND_US)


def _answered(way: Course, answered_after: int | None) -> None:
    ticket, draw = way.ticket, way.draw
    reply_at = way.desk.after(ticket.opened_at, answered_after or way.share_us("first_response"))
    reply_at = max(reply_at, way.now + 5 * SECOND_US)
    gap = reply_at - way.now
    way.add("assigned", after_us=int(gap * draw.uniform(0.02, 0.4)))
    if draw.random() < 0.3:
        way.add("tagged", after_us=int(gap * 0.05))
    if draw.random() < 0.07:
        way.add("corrected", "topic", after_us=int(gap * 0.1))
    if draw.random() < 0.06:
        way.add("internal", "internal", after_us=int(gap * 0.05))
    if gap > 5 * HOUR_US and draw.random() < 0.12:
        way.add("wrote", "chase", at=reply_at - gap // 10)
    if draw.random() < 0.42:
        way.add("replied", "solve", at=reply_at)
    else:
        way.add("replied", draw.choice(("ask", "update")), at=reply_at)


def _worked_on(way: Course) -> None:
    """Questions and answers until the ticket is as good as solved; the status says who is waited for."""
    draw = way.draw
    if way.ticket.moves[-1].value == "solve":
        return
    for _ in range(draw.choice((0, 1, 1, 1, 2, 2, 3))):
        held = draw.random()
        if held < 0.12:
            way.add("status", "on_hold", after_us=3 * SECOND_US)
            way.add("status", "open", after_us=way.wall_us(14))
            way.add("replied", "update", after_us=45 * SECOND_US)
            continue
        pending = held < 0.75
        if pending:
            way.add("status", "pending", after_us=2 * SECOND_US)
        way.add("wrote", "detail", after_us=way.wall_us(4))
        if pending:
            way.add("status", "open")
        if draw.random() < 0.12:
            way.add("noted", "internal", after_us=30 * SECOND_US)
        way.add("replied", draw.choice(("ask", "update")), at=way.desk.after(way.now, way.share_us("next_response")))
    counted = way.desk.amount(way.ticket.opened_at, way.now)
    wanted = way.share_us("resolution") * 5 // 4
    way.add("replied", "solve", at=way.desk.after(way.now, max(wanted - counted, _SHORTEST_US)))


def _solved(way: Course) -> None:
    draw = way.draw
    if draw.random() < 0.3:
        way.add("wrote", "thanks", after_us=way.wall_us(1.5))
        way.add("replied", "glad", at=way.desk.after(way.now, way.share_us("next_response") // 2))
    named = way.ticket.final if draw.random() < 0.85 else ""
    if draw.random() < 0.04:
        way.add("status", "solved", after_us=_some_seconds(draw))
    else:
        way.add("resolved", named, after_us=_some_seconds(draw))


def _afterwards(way: Course) -> None:
    """Reopened by a few, rated by some, closed after some days."""
    draw, moves = way.draw, way.ticket.moves
    if draw.random() < 0.06:
        kept, now = len(moves), way.now
        _reopened(way)
        if not _beyond_doubt(way, kept):
            del moves[kept:]
            way.now = now
    solved_at = way.now
    if draw.random() < 0.32:
        way.add("rated", str(_rating(way)), after_us=way.wall_us(8))
    named = way.ticket.final if draw.random() < 0.6 else ""
    way.add("closed", named, at=max(way.now + SECOND_US, solved_at + int(draw.uniform(48, 120)) * HOUR_US))


def _reopened(way: Course) -> None:
    way.add("wrote", "reopen", after_us=way.wall_us(9, 0.5))
    way.add("reopened")
    way.add("replied", "update", at=way.desk.after(way.now, way.share_us("next_response") // 2))
    way.add("replied", "solve", at=way.desk.after(way.now, way.share_us("next_response") // 2))
    way.add("resolved", way.ticket.final, after_us=_some_seconds(way.draw))


def _some_seconds(draw: Random) -> int:
    return draw.randint(10, 50) * SECOND_US


def _beyond_doubt(way: Course, before: int) -> bool:
    """Whether a reopened ticket breaks nothing even if the clock had never stopped, so that all readings agree."""
    promise, moves = way.ticket.promise, way.ticket.moves
    target = promise.target_us("resolution")
    if target is None:
        return True
    due = [clock.due_at for clock in clocks_of("", moves[:before], promise, way.desk) if clock.clock == "resolution"]
    if due and due[0] is not None:
        return False
    return way.desk.amount(way.ticket.opened_at, way.now) < target


def _rating(way: Course) -> int:
    """Stars from 1 to 5: broken promises and trouble with the service cost some."""
    clocks = clocks_of("", way.ticket.moves, way.ticket.promise, way.desk)
    broken = sum(clock.breached_at(way.now) is not None for clock in clocks)
    mood = 4.6 - 1.4 * broken - 1.3 * (way.slowness - 1.0) + way.draw.gauss(0.0, 0.8)
    return max(1, min(5, round(mood)))


def _raised(way: Course, desks: Mapping[str, OpenTime]) -> None:
    """Some tickets get another priority; only where all promises are kept well under either one."""
    draw, ticket = way.draw, way.ticket
    if draw.random() > 0.06 or len(ticket.moves) < 4:
        return
    changed = {"low": "normal", "normal": "high", "high": "normal", "urgent": "high"}[ticket.priority]
    other = promise_for(ticket.account.tier, changed, ticket.channel)
    at = (ticket.moves[0].at + ticket.moves[1].at) // 2 // 1_000 * 1_000 + 1_000
    if all(_kept_well(ticket.moves, promise, desks) for promise in (ticket.promise, other)):
        ticket.moves.append(Move(at, "priority", changed))
        ticket.promise = other


def _kept_well(moves: list[Move], promise: Promise, desks: Mapping[str, OpenTime]) -> bool:
    halved = replace(promise, hours={clock: hours / 2 for clock, hours in promise.hours.items()})
    clocks = clocks_of("", sorted(moves, key=lambda move: move.at), halved, desks[promise.desk])
    return all(clock.due_at is None for clock in clocks)
