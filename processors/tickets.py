"""How does each ticket stand?"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from copy import copy

import msgspec

from processors.contract import Context, Emit, Output, Processor
from processors.csat import csat_percent
from processors.lateness import SHORTEST_HORIZON, late_fact, lateness
from processors.lengths import first_of
from processors.settings import limits_at
from schemas import tickets as said
from schemas.emitted import TicketChanged
from schemas.event import Data, Event, unchecked
from schemas.experts import ExpertReplied
from schemas.facts import EventLate, TicketState
from schemas.values import OVER

MOST_ENTRIES = 256
MOST_ENTRY_BYTES = 9_000
MOST_TAG_BYTES = 2_000
_ENCODER = msgspec.msgpack.Encoder()

Value = bool | str | int | tuple[str, ...] | None


class Entry(msgspec.Struct, array_like=True, order=True, frozen=True, gc=False):
    """One thing that happened to a ticket; entries are ordered by instant, then event id."""

    at: int
    event_id: str
    type: str
    values: tuple[tuple[str, Value], ...]


class View(msgspec.Struct, array_like=True, gc=False):
    """A ticket after some of its entries."""

    account: str | None = None
    status: str = "new"
    priority: str | None = None
    channel: str = "other"
    title: str = ""
    requester: str | None = None
    group: str | None = None
    assignee: str | None = None
    category: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    opened_at: int | None = None
    first_replied_at: int | None = None
    solved_at: int | None = None
    closed_at: int | None = None
    updated_at: int = 0
    last_event_id: str = ""
    reopened: int = 0
    customer_messages: int = 0
    expert_messages: int = 0
    csat_percent: int | None = None
    csat_at: int | None = None
    merged_into: str | None = None
    csat_event_id: str | None = None
    # What last opened, solved or reopened it.
    moved_at: int | None = None
    moved_by: str = ""


class TicketStory(msgspec.Struct, array_like=True, gc=False):
    """A ticket's entries within the horizon, over what became of the older ones."""

    base: View = msgspec.field(default_factory=View)
    entries: list[Entry] = msgspec.field(default_factory=list)
    entry_bytes: int = 0


class Tickets(Processor[TicketStory]):
    """Keeps each ticket's story in order of event time and says how it stands."""

    name = "tickets"
    consumes = (
        said.TicketOpened,
        said.TicketMessageAdded,
        said.TicketStatusChanged,
        said.TicketPriorityChanged,
        said.TicketAssigned,
        said.TicketTagged,
        said.TicketResolved,
        said.TicketReopened,
        said.TicketClosed,
        said.TicketMerged,
        said.TicketCsatAnswered,
        ExpertReplied,
    )
    facts = (TicketState, EventLate)
    looked_up = True
    state = TicketStory

    def key(self, event: Event) -> str | None:
        ticket: str | None = getattr(event.data, "ticket", None)
        return ticket

    def step(self, state: TicketStory, event: Event, context: Context) -> Sequence[Output]:
        ticket: str = event.data.ticket  # type: ignore[attr-defined]  # all that it consumes have one
        late_by = lateness(event, context)
        if late_by:
            return (late_fact(self.name, ticket, event, late_by),)
        entry = _entry(event)
        insort(state.entries, entry)
        state.entry_bytes += _size(entry)
        view = _told(state)
        _shorten(state, context)
        return (_stated(ticket, view), Emit(_changed(ticket, view), view.account))


def _entry(event: Event) -> Entry:
    data = event.data
    said_values = data.__dict__
    values: list[tuple[str, Value]] = []
    for name in _KEPT[type(data)]:
        value = said_values[name]
        if value is not None:
            values.append((name, first_of(value, MOST_TAG_BYTES) if type(value) is tuple else value))
    if isinstance(data, said.TicketOpened):
        values += (("title", data.title[:200]), ("language", event.language))
    elif isinstance(data, said.TicketCsatAnswered):
        values.append(("score", csat_percent(data.score, data.scale)))
    elif isinstance(data, ExpertReplied):
        values.append(("author", "expert"))
    values.append(("account", event.account))
    return Entry(event.occurred_at, event.id, event.type, tuple(values))


def _told(story: TicketStory) -> View:
    view = copy(story.base)
    for entry in story.entries:
        _tell(view, entry)
    return view


def _tell(view: View, entry: Entry) -> None:
    values, stood = dict(entry.values), (view.opened_at, view.solved_at, view.reopened)
    view.updated_at, view.last_event_id = entry.at, entry.event_id
    view.account = view.account or _text(values.get("account"))
    status = _STATUS_AFTER.get(entry.type)
    if status is not None:
        _tell_status(view, entry.at, status)
    if entry.type in ("ticket.resolved", "ticket.closed") and values.get("category"):
        view.category = _text(values["category"])
    rule = _RULES.get(entry.type)
    if rule is not None:
        rule(view, entry.at, values)
    if view.opened_at is not None and (view.opened_at, view.solved_at, view.reopened) != stood:
        view.moved_at, view.moved_by = entry.at, entry.event_id


def _tell_opened(view: View, at: int, values: dict[str, Value]) -> None:
    for name in _SAID_AT_OPENING:
        if values.get(name):
            setattr(view, name, values[name])
    view.opened_at = at if view.opened_at is None else min(view.opened_at, at)


def _tell_priority(view: View, _: int, values: dict[str, Value]) -> None:
    view.priority = _text(values["priority"])


def _tell_assignment(view: View, _: int, values: dict[str, Value]) -> None:
    view.group, view.assignee = _text(values.get("group")), _text(values.get("assignee"))


def _tell_merge(view: View, _: int, values: dict[str, Value]) -> None:
    view.merged_into = _text(values["into"])


def _tell_rating(view: View, at: int, values: dict[str, Value]) -> None:
    score = values["score"]
    view.csat_percent, view.csat_at = score if isinstance(score, int) else None, at
    view.csat_event_id = view.last_event_id


def _tell_status_change(view: View, at: int, values: dict[str, Value]) -> None:
    _tell_status(view, at, str(values["status"]))


def _tell_message(view: View, at: int, values: dict[str, Value]) -> None:
    if values.get("author") == "customer":
        view.customer_messages += 1
    elif values.get("author") == "expert":
        view.expert_messages += 1
        if values.get("public", True) and view.first_replied_at is None:
            view.first_replied_at = at
        if view.status == "new":
            view.status = "open"


def _tell_status(view: View, at: int, status: str) -> None:
    if view.status in OVER and status not in OVER:
        view.reopened += 1
        view.solved_at = view.closed_at = None
    if status in OVER and view.solved_at is None:
        view.solved_at = at
    if status == "closed" and view.closed_at is None:
        view.closed_at = at
    view.status = status


def _tell_tags(view: View, _: int, values: dict[str, Value]) -> None:
    added, removed = values.get("added", ()), values.get("removed", ())
    if isinstance(added, tuple) and isinstance(removed, tuple):
        kept = [tag for tag in view.tags if tag not in removed]
        view.tags = first_of((*kept, *(tag for tag in added if tag not in kept))[:64], MOST_TAG_BYTES)


# What of each event a story keeps as it was said: all that the rules below look at.
_KEPT: Mapping[type[Data], tuple[str, ...]] = {
    said.TicketOpened: ("channel", "priority", "requester", "category", "group", "assignee", "tags"),
    said.TicketMessageAdded: ("author", "public"),
    said.TicketStatusChanged: ("status",),
    said.TicketPriorityChanged: ("priority",),
    said.TicketAssigned: ("group", "assignee"),
    said.TicketTagged: ("added", "removed"),
    said.TicketResolved: ("category",),
    said.TicketReopened: (),
    said.TicketClosed: ("category",),
    said.TicketMerged: ("into",),
    said.TicketCsatAnswered: (),
    ExpertReplied: ("public",),
}
_SAID_AT_OPENING = (
    "title",
    "channel",
    "priority",
    "requester",
    "category",
    "group",
    "assignee",
    "language",
    "tags",
)
_STATUS_AFTER = {
    "ticket.resolved": "solved",
    "ticket.reopened": "open",
    "ticket.closed": "closed",
    "ticket.merged": "closed",
}
_RULES: Mapping[str, Callable[[View, int, dict[str, Value]], None]] = {
    "ticket.opened": _tell_opened,
    "ticket.message_added": _tell_message,
    "expert.replied": _tell_message,
    "ticket.status_changed": _tell_status_change,
    "ticket.priority_changed": _tell_priority,
    "ticket.assigned": _tell_assignment,
    "ticket.tagged": _tell_tags,
    "ticket.merged": _tell_merge,
    "ticket.csat_answered": _tell_rating,
}


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _shorten(story: TicketStory, context: Context) -> None:
    """Entries too old or too many to be overtaken any more become part of the base."""
    entries = story.entries
    many = len(entries) > MOST_ENTRIES or story.entry_bytes > MOST_ENTRY_BYTES
    if not many and context.clock - entries[0].at <= SHORTEST_HORIZON:
        return
    settled_before = context.clock - limits_at(context, context.clock).horizon
    settled = 0
    for entry in entries:
        fits = len(entries) - settled <= MOST_ENTRIES and story.entry_bytes <= MOST_ENTRY_BYTES
        if entry.at >= settled_before and fits:
            break
        _tell(story.base, entry)
        story.entry_bytes -= _size(entry)
        settled += 1
    del entries[:settled]


def _size(entry: Entry) -> int:
    return len(_ENCODER.encode(entry))


def _stated(ticket: str, view: View) -> TicketState:
    return TicketState(
        ticket=ticket,
        account=view.account,
        status=view.status,
        priority=view.priority,
        channel=view.channel,
        title=view.title,
        requester=view.requester,
        group=view.group,
        assignee=view.assignee,
        category=view.category,
        language=view.language,
        tags=view.tags,
        opened_at=view.opened_at,
        first_replied_at=view.first_replied_at,
        solved_at=view.solved_at,
        closed_at=view.closed_at,
        updated_at=view.updated_at,
        reopened=view.reopened,
        customer_messages=view.customer_messages,
        expert_messages=view.expert_messages,
        csat_percent=view.csat_percent,
        merged_into=view.merged_into,
    )


def _changed(ticket: str, view: View) -> TicketChanged:
    return unchecked(
        TicketChanged,
        ticket=ticket,
        event_id=view.moved_by or view.last_event_id,
        opened_at=view.opened_at if view.opened_at is not None else view.updated_at,
        updated_at=view.updated_at,
        status=view.status,
        priority=view.priority,
        category=view.category,
        solved_at=view.solved_at,
        reopened=view.reopened,
        customer_messages=view.customer_messages,
        csat_percent=view.csat_percent,
        csat_at=view.csat_at,
        csat_event_id=view.csat_event_id,
        moved_at=view.moved_at,
    )


TICKETS = Tickets()
