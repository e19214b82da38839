"""What does a helpdesk's picture of a ticket say that happened?

A snapshot says how a ticket stands, not what changed. Each thing it says is passed on as the change to it, dated as the
snapshot, whatever stood before: those who keep a ticket's story compare it there, in the order of event time, where
what repeats the present changes nothing. Leaving repeats out here would be wrong as soon as a change between two equal
snapshots arrives late.

Tags are told as added and removed, so what a snapshot takes away depends on what others have put on. Whoever tells tags
by snapshots tells them by snapshots alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.contract import Context, Emit, Output, Processor
from processors.lateness import late_fact, lateness
from schemas.event import Data, Event, unchecked
from schemas.facts import EventLate
from schemas.tickets import TicketAssigned, TicketPriorityChanged, TicketSnapshot, TicketStatusChanged, TicketTagged

MOST_TAGS = 64
MOST_TAG_BYTES = 12_000
_ENTRY_BYTES = 24

Place = tuple[int, str]


@dataclass(slots=True)
class TicketTags:
    """The last snapshot that told tags, and for each tag the last one that put it on or took it off."""

    latest: Place = (0, "")
    mentioned: dict[str, Place] = field(default_factory=dict)


class Snapshots(Processor[TicketTags]):
    """Passes on what a snapshot says as changes of status, priority, assignment and tags."""

    name = "snapshots"
    version = 2  # since a status keeps what its helpdesk calls it, which may pause a promise
    consumes = (TicketSnapshot,)
    facts = (EventLate,)
    state = TicketTags

    def key(self, event: Event) -> str | None:
        return event.data.ticket if isinstance(event.data, TicketSnapshot) else None

    def step(self, state: TicketTags, event: Event, context: Context) -> Sequence[Output]:
        said = event.data
        if not isinstance(said, TicketSnapshot):
            return ()
        late_by = lateness(event, context)
        if late_by:
            return (late_fact(self.name, said.ticket, event, late_by),)
        changes: list[Data] = []
        if said.status is not None:
            changes.append(
                unchecked(TicketStatusChanged, ticket=said.ticket, status=said.status, status_raw=said.status_raw)
            )
        if said.priority is not None:
            changes.append(
                unchecked(
                    TicketPriorityChanged, ticket=said.ticket, priority=said.priority, priority_raw=said.priority_raw
                )
            )
        if said.assigned:
            changes.append(unchecked(TicketAssigned, ticket=said.ticket, group=said.group, assignee=said.assignee))
        if said.tags is not None:
            added, removed = _retag(state, (event.occurred_at, event.id), said.tags)
            if removed:
                changes.append(unchecked(TicketTagged, ticket=said.ticket, added=added, removed=removed))
        return [Emit(change, event.account) for change in changes]


def _retag(state: TicketTags, place: Place, tags: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tags to put on, after taking off others, so that the last snapshot's tags are what is left whatever came when.

    Every tag that was ever mentioned is taken off first. A snapshot that comes late puts on only what a later one
    mentions too, for nobody else would take it off again.
    """
    late = place < state.latest
    state.latest = max(state.latest, place)
    added = tuple(tag for tag in tags if not late or state.mentioned.get(tag, (0, "")) > place)
    for tag in (*state.mentioned, *added):
        state.mentioned[tag] = max(place, state.mentioned.get(tag, place))
    _forget_oldest(state)
    return added, tuple(state.mentioned)


def _forget_oldest(state: TicketTags) -> None:
    """Tags taken off long ago go first."""
    size = sum(len(tag.encode()) + len(place[1].encode()) + _ENTRY_BYTES for tag, place in state.mentioned.items())
    while size > MOST_TAG_BYTES or len(state.mentioned) > MOST_TAGS:
        oldest = min(state.mentioned, key=lambda tag: (state.mentioned[tag], tag))
        size -= len(oldest.encode()) + len(state.mentioned.pop(oldest)[1].encode()) + _ENTRY_BYTES


SNAPSHOTS = Snapshots()
