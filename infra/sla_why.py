"""Why a ticket's promises stand where they stand, and what happened to their clocks, out of the saved fold."""

from __future__ import annotations

from typing import Any, TypeVar

from infra.answers import NotFound
from infra.service import NotOnThisLog, Records, Service
from processors.calendars import ALWAYS_OPEN
from processors.contract import Processor
from processors.sla import SLA
from processors.sla_events import APPLY_SLA, UPDATE_STATUS, MetricEvent, metric_events
from processors.sla_why import Why, why_clocks
from schemas.instant import MINUTE, SECOND, format_if_known, format_instant
from streams.batch import CellId

S = TypeVar("S")


class _Saved:
    """The saved cells of a tenant as the context of a step, at an instant."""

    position = 0
    backfilling = False

    def __init__(self, records: Records, tenant: str, clock: int) -> None:
        self._records = records
        self.tenant = tenant
        self.clock = clock

    def read(self, processor: Processor[S], key: str) -> S | None:
        parts = self._records.cell(self.tenant, CellId(processor.name, key))
        return None if parts is None else processor.decode(parts)


def promises_why(service: Service, tenant: str, ticket: str) -> list[dict[str, Any]]:
    """Every clock of a ticket with its segments, which follow one another; what counted of them sums to `elapsed_us`.

    What still runs is counted up to now, `evaluated_at`; the view `sla` has it as something last bore on it.

    Raises NotFound for a ticket on which nothing happened that bears on a promise, NotOnThisLog where what the fold
    knows is not at hand.
    """
    return [_shown(why) for why in _clocks(service, tenant, ticket)]


def promise_events(service: Service, tenant: str, ticket: str) -> list[dict[str, Any]]:
    """What happened to the clocks of a ticket, in the shape of Zendesk's ticket metric events; durations in minutes.

    Raises what `promises_why` raises.
    """
    found = metric_events(_clocks(service, tenant, ticket))
    return [_told(number, ticket, one) for number, one in enumerate(found, 1)]


def _clocks(service: Service, tenant: str, ticket: str) -> list[Why]:
    parts = service.records.cell(tenant, CellId(SLA.name, ticket))
    if parts is None:
        lacking = service.records.lacking()
        raise NotFound("ticket", ticket) if lacking is None else NotOnThisLog(lacking)
    now, _ = service.records.now(tenant, service.clock())
    return why_clocks(SLA.decode(parts), _Saved(service.records, tenant, now), read_now=True)


def _told(number: int, ticket: str, one: MetricEvent) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "ticket_id": ticket,
        "metric": one.metric,
        "instance_id": one.instance,
        "type": one.type,
        "time": format_instant(one.at),
        "event_id": one.event_id or None,
    }
    promise = one.why.promise
    if one.type == APPLY_SLA:
        told["sla"] = {
            "target": promise.target_seconds // 60,
            "target_in_seconds": promise.target_seconds,
            "business_hours": promise.calendar.name != ALWAYS_OPEN.name,
            "policy": {"title": promise.policy},
        }
    elif one.type == UPDATE_STATUS:
        told["status"] = {"calendar": one.calendar_us // MINUTE, "business": one.counted_us // MINUTE}
    return told


def _shown(why: Why) -> dict[str, Any]:
    fact = why.fact
    return {
        "clock": fact.clock,
        "cycle": fact.cycle,
        "state": fact.state,
        "group": why.wait.group or None,
        "policy": fact.policy,
        "policy_by": why.policy_by or None,
        "calendar": fact.calendar,
        "calendar_by": why.calendar_by or None,
        "calendar_undefined": None if why.promise.calendar_named == fact.calendar else why.promise.calendar_named,
        "paused_on": list(why.promise.paused_on),
        "paused_reasons": list(why.promise.paused_reasons),
        "target_seconds": fact.target_seconds,
        "started_at": format_instant(fact.started_at),
        "started_by": why.wait.started_by,
        "ended_by": why.wait.ended_by or None,
        "due_at": format_if_known(fact.due_at),
        "breached_at": format_if_known(fact.breached_at),
        "evaluated_at": format_instant(fact.evaluated_at),
        "elapsed_us": why.reading.elapsed_us,
        "remaining_us": fact.target_seconds * SECOND - why.reading.elapsed_us,
        "calendar_elapsed_us": sum(one.ended_at - one.started_at for one in why.segments),
        "within_calendar_hours": why.is_open,
        "segments": [
            {
                "from": format_instant(one.started_at),
                "until": format_instant(one.ended_at),
                "seconds": (one.ended_at - one.started_at) / SECOND,
                "counted_us": one.counted_us,
                "rule": one.rule,
                "event_id": one.event_id,
            }
            for one in why.segments
        ],
    }
