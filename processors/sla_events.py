"""What happened to each clock of a ticket, event by event? The shape that helpdesks tell it in.

Types and names of metrics are those of Zendesk's ticket metric events
(https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metric_events/), so that what reads those reads
these. A supplier's clock has no counterpart there and is `supplier_time`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from processors.sla_clock import Stretch
from processors.sla_course import UNTIL_SOLVED
from processors.sla_story import STOPPED, Wait
from processors.sla_why import Why
from schemas.instant import SECOND

ACTIVATE: Final = "activate"
APPLY_SLA: Final = "apply_sla"
PAUSE: Final = "pause"
BREACH: Final = "breach"
FULFILL: Final = "fulfill"
UPDATE_STATUS: Final = "update_status"
# What bears one instant comes in this order.
_ORDER: Final = (ACTIVATE, APPLY_SLA, PAUSE, BREACH, FULFILL, UPDATE_STATUS)

_SOLVED: Final = ("solved", "closed")

# A clock's metric, and the number of its first cycle: first and next responses are one metric there.
_METRICS: Final = {
    "first_response": ("reply_time", 1),
    "next_response": ("reply_time", 2),
    "resolution": ("resolution_time", 1),
    "requester_wait": ("requester_wait_time", 1),
    "agent_work": ("agent_work_time", 1),
    "periodic_update": ("periodic_update_time", 1),
    "pausable_update": ("pausable_update_time", 1),
    "internal": ("group_ownership_time", 1),
    "supplier": ("supplier_time", 1),
}


class MetricEvent(NamedTuple):
    """One thing that happened to a metric. `event_id` is empty where time alone did it, or nobody said the promise.

    `counted_us` and `calendar_us` are the business time and the time on the wall since the clock started.
    """

    at: int
    metric: str
    instance: int
    type: str
    event_id: str
    why: Why
    counted_us: int = 0
    calendar_us: int = 0


def metric_events(clocks: Sequence[Why]) -> list[MetricEvent]:
    """All that happened to a ticket's clocks, in order of time."""
    found = [event for why in clocks for event in _of_clock(why)]
    return sorted(found, key=lambda one: (one.at, one.metric, one.instance, _ORDER.index(one.type)))


def _of_clock(why: Why) -> Iterator[MetricEvent]:
    wait = why.wait
    metric, first = _METRICS[wait.clock]

    def happened(at: int, type_: str, event_id: str, counted_us: int = 0) -> MetricEvent:
        return MetricEvent(at, metric, first + wait.cycle, type_, event_id, why, counted_us, at - wait.started_at)

    yield happened(wait.started_at, ACTIVATE, wait.started_by)
    yield happened(wait.started_at, APPLY_SLA, why.policy_by)
    was, counted_us = ACTIVATE, 0
    for stretch in why.reading.stretches:
        now = _state_in(stretch, wait, was)
        if now != was:
            yield happened(stretch.started_at, now, stretch.event_id, counted_us)
            if now == FULFILL:
                yield happened(stretch.started_at, UPDATE_STATUS, stretch.event_id, counted_us)
        was = now
        counted_us += stretch.counted_us
    if why.reading.breached_at is not None:
        yield happened(why.reading.breached_at, BREACH, "", why.promise.target_seconds * SECOND)
    kept_at = why.fact.fulfilled_at
    if kept_at is not None and was != FULFILL:
        ended_by = wait.ended_by or why.reading.stretches[-1].event_id
        yield happened(kept_at, FULFILL, ended_by, counted_us)
        yield happened(kept_at, UPDATE_STATUS, ended_by, counted_us)


def _state_in(stretch: Stretch, wait: Wait, was: str) -> str:
    """What a clock was told to do when this stretch began.

    One that somebody ended later (another group took over) only stood still while the ticket was solved.
    """
    if stretch.runs:
        return ACTIVATE
    if wait.clock not in UNTIL_SOLVED or wait.ended_at is not None:
        return PAUSE
    # What is merged was not solved by that, unless it had been before.
    return FULFILL if stretch.status in _SOLVED or (stretch.status in STOPPED and was == FULFILL) else PAUSE
