"""Who else waits on a ticket? The clocks beyond answers and resolution, for tenants whose promises name them.

| clock | starts, and is reset by | pauses in (besides what the target says) | stops by |
|---|---|---|---|
| requester_wait | the opening | pending | solved or closed |
| agent_work | the opening | pending, on hold | solved or closed |
| periodic_update | each public expert reply | | the next one |
| pausable_update | each public expert reply | pending | the next one |
| internal | being given to another group | | given to the next group or none, solved or closed |
| supplier | the first time on hold | new, open, pending | solved or closed |

Solved and closed stop all of them, reopening lets them go on, a merge cancels them. Nothing starts before the opening:
an expert who answered before it, a group that had the ticket or a hold that began before count from the opening on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from processors.sla_story import ASSIGNED, OPENED, REPLIED, Entry, Story, Wait

REQUESTER_WAIT: Final = "requester_wait"
AGENT_WORK: Final = "agent_work"
PERIODIC_UPDATE: Final = "periodic_update"
PAUSABLE_UPDATE: Final = "pausable_update"
INTERNAL: Final = "internal"
SUPPLIER: Final = "supplier"

ALWAYS_PAUSED_ON: Final[Mapping[str, tuple[str, ...]]] = {
    REQUESTER_WAIT: ("pending",),
    AGENT_WORK: ("pending", "on_hold"),
    PERIODIC_UPDATE: (),
    PAUSABLE_UPDATE: ("pending",),
    INTERNAL: (),
    SUPPLIER: ("new", "open", "pending"),
}
# Clocks that run to the solution, so that solving keeps their promise.
UNTIL_SOLVED: Final = ("resolution", REQUESTER_WAIT, AGENT_WORK, INTERNAL, SUPPLIER)
# Promises among those who work on the ticket: no customer was promised anything by them.
AMONG_US: Final = (INTERNAL, SUPPLIER)
_UPDATES: Final = (PERIODIC_UPDATE, PAUSABLE_UPDATE)
_ON_HOLD: Final = "on_hold"


class Course(msgspec.Struct, array_like=True, gc=False):
    """What of a story only these clocks need; walked beside it, always after it."""

    group: str = ""
    given_at: int = 0
    given_by: str = ""
    handed_over: int = 0
    updated_at: int | None = None
    updated_by: str = ""
    updates: int = 0
    held_at: int | None = None
    held_by: str = ""

    def advance(self, entry: Entry, story: Story) -> Sequence[Wait]:
        """Walks over an entry that the story has just walked over; gives the waits that it ended."""
        if story.over:
            return ()
        rank = entry.rank
        if rank == REPLIED:
            return self._updated(entry, story)
        if rank == ASSIGNED:
            return self._given(entry, story, entry.value)
        if rank == OPENED and story.opened_by == entry.event_id:
            return self._opened(entry, story)
        if self.held_at is None and story.opened_at is not None and story.status_name == _ON_HOLD:
            self.held_at, self.held_by = entry.occurred_at, entry.event_id
        return ()

    def open_waits(self, story: Story) -> list[Wait]:
        """The waits that nothing but solving or merging ends."""
        if story.opened_at is None:
            return []
        priority = story.priority if story.stopped_at is None else story.stopped_priority
        starts: list[tuple[str, int, int, str]] = [
            (REQUESTER_WAIT, 0, story.opened_at, story.opened_by),
            (AGENT_WORK, 0, story.opened_at, story.opened_by),
        ]
        if self.held_at is not None:
            starts.append((SUPPLIER, 0, self.held_at, self.held_by))
        if self.updated_at is not None:
            starts += [(clock, self.updates, self.updated_at, self.updated_by) for clock in _UPDATES]
        waits = [Wait(clock, cycle, at, event_id, None, "", priority) for clock, cycle, at, event_id in starts]
        if self.group:
            waits.append(Wait(INTERNAL, self.handed_over, self.given_at, self.given_by, None, "", priority, self.group))
        return waits

    def _opened(self, entry: Entry, story: Story) -> Sequence[Wait]:
        at, event_id = entry.occurred_at, entry.event_id
        if story.answered:
            self.updated_at, self.updated_by = at, story.answered_by
        if story.status_name == _ON_HOLD:
            self.held_at, self.held_by = at, story.spans[-1].event_id
        self.group = entry.group or self.group
        self.given_at, self.given_by = at, event_id
        return ()

    def _updated(self, entry: Entry, story: Story) -> Sequence[Wait]:
        if story.opened_at is None:
            return ()
        started_at, started_by, cycle = self.updated_at, self.updated_by, self.updates
        self.updated_at, self.updated_by = entry.occurred_at, entry.event_id
        if started_at is None:
            return ()
        self.updates += 1
        return [
            Wait(clock, cycle, started_at, started_by, entry.occurred_at, entry.event_id, story.priority)
            for clock in _UPDATES
        ]

    def _given(self, entry: Entry, story: Story, group: str) -> Sequence[Wait]:
        before, started_at, started_by = self.group, self.given_at, self.given_by
        if group == before:
            return ()
        self.group, self.given_at, self.given_by = group, entry.occurred_at, entry.event_id
        if not before or story.opened_at is None:
            return ()
        cycle = self.handed_over
        self.handed_over += 1
        ended_at, ended_by = entry.occurred_at, entry.event_id
        return (Wait(INTERNAL, cycle, started_at, started_by, ended_at, ended_by, story.priority, before),)
