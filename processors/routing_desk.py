"""Who is there, who has which ticket, and who waits: the state of a tenant's routing."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from processors.fatigue import Stretch
from processors.parted import Parted
from processors.routing_terms import RoutingTerms

MOST_SEATS: Final = 1_000
MOST_CASES: Final = 20_000
_SEAT_PARTS: Final = 32
_CASE_PARTS: Final = 128
_NEVER: Final = 1 << 62
_ENCODER: Final = msgspec.msgpack.Encoder()


class Seat(msgspec.Struct, array_like=True, gc=False):
    """An expert as last told, what they have in hand by channel, and how they work. Some 200 bytes."""

    at: int = 0
    event_id: str = ""
    status: str = "offline"
    group: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    capacity: int | None = None
    channel_capacity: dict[str, int] = msgspec.field(default_factory=dict)
    held: dict[str, int] = msgspec.field(default_factory=dict)
    stretch: Stretch = msgspec.field(default_factory=Stretch)
    usual_seconds: int | None = None
    usual_answer_seconds: int | None = None
    given_at: int = 0
    said: tuple[str, int, int, int] | None = None
    said_group: str | None = None

    @property
    def tickets(self) -> int:
        """How many tickets are in hand."""
        return sum(self.held.values())

    def room(self, terms: RoutingTerms) -> int:
        """How many tickets could still be taken; below 0 where people gave more than that."""
        return self.most(terms) - self.tickets

    def most(self, terms: RoutingTerms) -> int:
        """How many tickets can be taken at once."""
        return terms.default_capacity if self.capacity is None else self.capacity

    def is_full_on(self, channel: str) -> bool:
        """Whether a channel has a limit of its own that is reached."""
        most = self.channel_capacity.get(channel)
        return most is not None and self.held.get(channel, 0) >= most


class Route(msgspec.Struct, array_like=True, gc=False):
    """A decision that is not judged yet."""

    expert: str
    group: str | None
    at: int
    is_taken: bool = False


class Case(msgspec.Struct, array_like=True, gc=False):
    """A ticket that somebody has, that waits for somebody, or that was over lately. Some 150 bytes.

    `group` is where people put it, `advised` what the tenant's model says, `more_minutes` how much more work than the
    usual one it is said to be. `placed` orders assignments told late.
    """

    account: str | None = None
    channel: str = "other"
    category: str | None = None
    language: str | None = None
    priority: str = "normal"
    promised: str = "normal"
    group: str | None = None
    advised: str | None = None
    opened_at: int = 0
    due_at: int | None = None
    is_answered: bool = False
    waits: bool = False
    queued_at: int | None = None
    expert: str | None = None
    by_hand: bool = False
    since: int = 0
    placed: tuple[int, str] = (0, "")
    number: int = 0
    route: Route | None = None
    knows: str | None = None
    is_over: bool = False
    more_minutes: int = 0

    @property
    def wanted(self) -> str | None:
        """The group that should have it: the one people said, else the one advised."""
        return self.group if self.group is not None else self.advised


Turn = tuple[int, int, str]


@dataclass(slots=True, eq=False)
class Desk:
    """A tenant's experts and tickets, saved in parts of which only the changed ones are written again.

    `queue` orders those who wait by when their promise is due; it follows from the tickets. `beyond` counts tickets
    for which there was no room.
    """

    seats: Parted[Seat] = field(default_factory=lambda: Parted("seats", _SEAT_PARTS, Seat))
    cases: Parted[Case] = field(default_factory=lambda: Parted("cases", _CASE_PARTS, Case))
    beyond: int = 0
    queue: list[Turn] = field(default_factory=list)

    def waits(self, ticket: str, case: Case) -> None:
        """Puts a ticket into the queue."""
        case.waits = True
        insort(self.queue, _turn(ticket, case))
        self.cases.touch(ticket)

    def waits_no_more(self, ticket: str, case: Case) -> None:
        """Takes a ticket out of the queue, if it is there. Before anything changes that its turn depends on."""
        if not case.waits:
            return
        case.waits = False
        turn = _turn(ticket, case)
        del self.queue[bisect_left(self.queue, turn)]
        self.cases.touch(ticket)

    def holds(self, ticket: str, case: Case, expert: str, at: int, *, by_hand: bool) -> None:
        """Gives a ticket to an expert."""
        case.expert, case.by_hand, case.since = expert, by_hand, at
        self.cases.touch(ticket)
        seat = self.seats.get(expert)
        if seat is not None:
            seat.held[case.channel] = seat.held.get(case.channel, 0) + 1
            self.seats.touch(expert)

    def holds_no_more(self, ticket: str, case: Case) -> str | None:
        """Takes a ticket from its expert, whom it gives; None where nobody had it."""
        expert, case.expert, case.by_hand = case.expert, None, False
        if expert is None:
            return None
        self.cases.touch(ticket)
        seat = self.seats.get(expert)
        if seat is not None:
            left = seat.held.get(case.channel, 0) - 1
            if left > 0:
                seat.held[case.channel] = left
            else:
                seat.held.pop(case.channel, None)
            self.seats.touch(expert)
        return expert

    def encode(self) -> Mapping[str, bytes]:
        """The parts that changed."""
        return {"": _ENCODER.encode(self.beyond), **self.seats.changed(), **self.cases.changed()}

    @classmethod
    def decode(cls, parts: Mapping[str, bytes]) -> Desk:
        """The desk out of all its parts."""
        seats = Parted.of(parts, "seats", _SEAT_PARTS, Seat)
        cases = Parted.of(parts, "cases", _CASE_PARTS, Case)
        queue = sorted([_turn(ticket, case) for ticket, case in cases.items() if case.waits])
        return cls(seats, cases, msgspec.msgpack.decode(parts[""], type=int), queue)

    def whole(self) -> bytes:
        """All of it, for a digest."""
        return b"".join([_ENCODER.encode(self.beyond), self.seats.whole(), self.cases.whole()])


def _turn(ticket: str, case: Case) -> Turn:
    return _NEVER if case.due_at is None else case.due_at, case.opened_at, ticket
