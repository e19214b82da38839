"""Did an event come after the horizon, when what it speaks of is settled?"""

from __future__ import annotations

from processors.contract import Context
from processors.settings import limits_at
from schemas.event import Event
from schemas.facts import EventLate
from schemas.instant import DAY, SECOND

# What no setting goes below: what is no older is in time, whatever the settings say.
SHORTEST_HORIZON = DAY


def lateness(event: Event, context: Context) -> int:
    """Microseconds by which a live event missed the horizon; 0 for one in time and for history being brought in."""
    if event.backfill or context.clock - event.occurred_at <= SHORTEST_HORIZON:
        return 0
    return max(0, context.clock - limits_at(context, context.clock).horizon - event.occurred_at)


def late_fact(processor: str, entity: str, event: Event, late_by: int) -> EventLate:
    """What is said of an event that came too late to change anything."""
    return EventLate(
        processor=processor,
        entity=entity,
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.occurred_at,
        late_by_seconds=late_by // SECOND,
    )
