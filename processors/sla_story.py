"""What happened on one ticket that matters to promises, in the order of event time.

A story is walked entry by entry. Rules:

- Clocks start with `ticket.opened`, the first of them if there are several. What is dated before it sets status and
  priority; an expert's answer dated before it answers it at once, under the promise it was opened with.
- The first public expert reply ends the first response. A customer message after a reply starts a next response,
  further messages join it, the next public expert reply ends it. Bots and internal notes count for nothing.
- Solved and closed stop every clock; reopening lets them go on from where they stood. A merge ends the story.
"""

from __future__ import annotations

from copy import copy
from typing import Final, NamedTuple

import msgspec

from schemas.event import Data, Event
from schemas.experts import ExpertReplied
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

# The order of what bears the same instant: a reply before the status set with it, an end after everything else.
OPENED: Final = 0
PRIORITY: Final = 1
ASKED: Final = 2
REOPENED: Final = 3
REPLIED: Final = 4
STATUS: Final = 5
RESOLVED: Final = 6
CLOSED: Final = 7
MERGED: Final = 8
ASSIGNED: Final = 9

FIRST_RESPONSE: Final = "first_response"
NEXT_RESPONSE: Final = "next_response"
RESOLUTION: Final = "resolution"

_STATUS_AFTER: Final = {RESOLVED: "solved", REOPENED: "open", CLOSED: "closed", MERGED: "merged"}
STOPPED: Final = ("solved", "closed", "merged")
UNSAID_PRIORITY: Final = "normal"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event in a ticket's timeline; `rank` says what it is, `value` the status, priority or group it sets."""

    occurred_at: int
    rank: int
    event_id: str
    value: str = ""
    channel: str = ""
    group: str = ""


def place_of(entry: Entry) -> tuple[int, int, str]:
    """Where an entry stands in its timeline."""
    return entry.occurred_at, entry.rank, entry.event_id


# A ticket that waits may say for whom.
WAITING: Final = ("pending", "on_hold")
_BECAUSE: Final = ": "

_RANKS: Final[dict[type[Data], int]] = {
    TicketOpened: OPENED,
    TicketAssigned: ASSIGNED,
    TicketPriorityChanged: PRIORITY,
    ExpertReplied: REPLIED,
    TicketStatusChanged: STATUS,
    TicketReopened: REOPENED,
    TicketResolved: RESOLVED,
    TicketClosed: CLOSED,
    TicketMerged: MERGED,
}


def with_reason(status: str, reason: str | None) -> str:
    """A status with what its helpdesk calls it, where that says why a ticket waits: `on_hold: awaiting vendor`."""
    if status not in WAITING or reason is None or reason.lower().replace(" ", "_") == status:
        return status
    return f"{status}{_BECAUSE}{reason}"


def status_and_reason(status: str) -> tuple[str, str]:
    """A status of a story taken apart; the reason is empty where none was told."""
    name, _, reason = status.partition(_BECAUSE)
    return name, reason


def matters(data: Data) -> bool:
    """Whether an event on a ticket makes an entry: bots, internal notes and what is told of anything else do not."""
    if isinstance(data, TicketMessageAdded):
        return data.author == "customer" or (data.author == "expert" and data.public)
    if isinstance(data, ExpertReplied):
        return data.public
    return type(data) in _RANKS


def entry_of(event: Event) -> Entry | None:
    """The entry that an event makes; None when it does not matter to promises."""
    data = event.data
    if not matters(data):
        return None
    at, id_ = event.occurred_at, event.id
    match data:
        case TicketOpened(priority=priority, channel=channel, group=group):
            return Entry(at, OPENED, id_, priority or "", channel, group or "")
        case TicketAssigned(group=group):
            return Entry(at, ASSIGNED, id_, group or "")
        case TicketMessageAdded(author=author):
            return Entry(at, ASKED if author == "customer" else REPLIED, id_)
        case TicketStatusChanged(status=status, status_raw=reason):
            return Entry(at, STATUS, id_, with_reason(status, reason))
        case TicketPriorityChanged(priority=changed):
            return Entry(at, PRIORITY, id_, changed)
        case _:
            return Entry(at, _RANKS[type(data)], id_)


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The ticket has this status from `since_at` on, because of an event."""

    since_at: int
    status: str
    event_id: str


class Wait(NamedTuple):
    """Somebody waits, from one event to another; `priority` is that of its end, or the last one, `group` who has it."""

    clock: str
    cycle: int
    started_at: int
    started_by: str
    ended_at: int | None
    ended_by: str
    priority: str
    group: str = ""


class Story(msgspec.Struct, array_like=True, gc=False):
    """A ticket as it stood after some entry (`until`). Instants are event time; `set_at` is the last opening, status
    or priority.
    """

    until: tuple[int, int, str] | None = None
    set_at: int = 0
    opened_at: int | None = None
    opened_by: str = ""
    channel: str = "other"
    priority: str = UNSAID_PRIORITY
    spans: list[Span] = msgspec.field(default_factory=list)
    answered: bool = False
    answered_by: str = ""
    asked_at: int | None = None
    asked_by: str = ""
    cycles: int = 0
    stopped_at: int | None = None
    stopped_by: str = ""
    stopped_priority: str = ""
    merged: bool = False
    over: bool = False

    def copied(self) -> Story:
        """A story that can be walked on without changing this one."""
        story = copy(self)
        story.spans = self.spans.copy()
        return story

    @property
    def status(self) -> str:
        return self.spans[-1].status if self.spans else "new"

    @property
    def status_name(self) -> str:
        """The status without the reason a ticket waits for."""
        return status_and_reason(self.status)[0]

    def advance(self, entry: Entry) -> Wait | None:
        """Walks over the next entry; gives the wait that it ended, if it ended one."""
        self.until = place_of(entry)
        if self.over:
            return None
        rank = entry.rank
        if rank == REPLIED:
            return self._replied(entry)
        if rank == ASKED:
            if self.answered and self.opened_at is not None and self.asked_at is None:
                self.asked_at, self.asked_by = entry.occurred_at, entry.event_id
            return None
        if rank == ASSIGNED:
            return None
        self.set_at = entry.occurred_at
        if rank == PRIORITY:
            self.priority = entry.value
        elif rank == OPENED:
            return self._opened(entry)
        else:
            self._moved(entry)
        return None

    def open_waits(self) -> list[Wait]:
        """The waits that no reply has ended; the resolution is always among them."""
        if self.opened_at is None:
            return []
        priority = self.priority if self.stopped_at is None else self.stopped_priority
        waits = [Wait(RESOLUTION, 0, self.opened_at, self.opened_by, None, "", priority)]
        if not self.answered:
            waits.append(Wait(FIRST_RESPONSE, 0, self.opened_at, self.opened_by, None, "", priority))
        elif self.asked_at is not None:
            waits.append(Wait(NEXT_RESPONSE, self.cycles, self.asked_at, self.asked_by, None, "", priority))
        return waits

    def _opened(self, entry: Entry) -> Wait | None:
        if self.opened_at is not None:
            return None
        self.opened_at, self.opened_by, self.channel = entry.occurred_at, entry.event_id, entry.channel
        self.priority = entry.value or self.priority
        if not self.spans:
            self.spans.append(Span(entry.occurred_at, "new", entry.event_id))
        if not self.answered:
            return None
        return self._ended(FIRST_RESPONSE, 0, entry.occurred_at, entry.event_id, entry.occurred_at, self.answered_by)

    def _replied(self, entry: Entry) -> Wait | None:
        if not self.answered:
            self.answered, self.answered_by = True, entry.event_id
            if self.opened_at is None:
                return None
            started_at, started_by = self.opened_at, self.opened_by
            return self._ended(FIRST_RESPONSE, 0, started_at, started_by, entry.occurred_at, entry.event_id)
        if self.asked_at is None:
            return None
        started_at, self.asked_at = self.asked_at, None
        self.cycles += 1
        cycle = self.cycles - 1
        return self._ended(NEXT_RESPONSE, cycle, started_at, self.asked_by, entry.occurred_at, entry.event_id)

    def _ended(self, clock: str, cycle: int, started_at: int, started_by: str, ended_at: int, ended_by: str) -> Wait:
        return Wait(clock, cycle, started_at, started_by, ended_at, ended_by, self.priority)

    def _moved(self, entry: Entry) -> None:
        before = self.status
        status = _STATUS_AFTER.get(entry.rank, entry.value)
        was_stopped = self.stopped_at is not None
        if (entry.rank == REOPENED and not was_stopped) or (entry.rank == RESOLVED and was_stopped):
            return
        if status not in STOPPED:
            self.stopped_at = None
        elif not was_stopped:
            self.stopped_at, self.stopped_by = entry.occurred_at, entry.event_id
            self.stopped_priority = self.priority
            self.merged = entry.rank == MERGED
        self.over = entry.rank == MERGED
        if status != before or not self.spans:
            self.spans.append(Span(entry.occurred_at, status, entry.event_id))


# --- long stories ---------------------------------------------------------------------------------------------------

_NEWEST_SPANS: Final = 32


def forget_events(spans: list[Span]) -> bool:
    """Keeps of all but the newest spans when they began, not by which event; whether there was one to forget."""
    old = slice(1, -_NEWEST_SPANS)
    if not any(span.event_id for span in spans[old]):
        return False
    spans[old] = [Span(span.since_at, span.status, "") for span in spans[old]]
    return True


def merge_shortest(spans: list[Span]) -> None:
    """Makes the shortest span but the first and the last one, of three or more, part of the one before it."""
    shortest = min(range(1, len(spans) - 1), key=lambda index: spans[index + 1].since_at - spans[index].since_at)
    del spans[shortest]
    if spans[shortest].status == spans[shortest - 1].status:
        del spans[shortest]
