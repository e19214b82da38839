"""Why does a clock stand where it stands? Every piece of it, counted or not, with its rule and what it follows from."""

from __future__ import annotations

from typing import NamedTuple

from processors.calendars import is_open_at
from processors.contract import Context
from processors.settings import calendar_said_by, policies_said_by
from processors.sla import SlaState, read_waits
from processors.sla_clock import Reading, Segment, segments_of
from processors.sla_facts import Told, clock_fact
from processors.sla_policy import Promise
from processors.sla_story import Wait
from schemas.facts import SlaClock


class Why(NamedTuple):
    """One clock, explained: the segments that counted sum exactly to `reading.elapsed_us`.

    `is_open` is whether business time passes at this instant by its calendar, whatever the clock does. `policy_by` and
    `calendar_by` are the events that said the promise and this version of its calendar: empty for promises and
    calendars that nobody said.
    """

    fact: SlaClock
    wait: Wait
    promise: Promise
    reading: Reading
    segments: tuple[Segment, ...]
    is_open: bool
    policy_by: str
    calendar_by: str


def why_clocks(state: SlaState, context: Context, *, read_now: bool = False) -> list[Why]:
    """Every promised clock of a ticket by name and cycle, as its fact says it; with `read_now` counted on to now.

    Waits that ended before the horizon are settled: their facts keep what was said.
    """
    told = sorted(read_waits(state, context, read_now=read_now), key=lambda one: (one.wait.clock, one.wait.cycle))
    return [_why(one, context) for one in told]


def why_clock(state: SlaState, context: Context, clock: str, cycle: int = 0) -> Why | None:
    """One of these; None where nothing is promised."""
    for told in read_waits(state, context):
        if (told.wait.clock, told.wait.cycle) == (clock, cycle):
            return _why(told, context)
    return None


def _why(told: Told, context: Context) -> Why:
    calendar, opened_at = told.promise.calendar, told.story.opened_at or 0
    return Why(
        fact=clock_fact(told),
        wait=told.wait,
        promise=told.promise,
        reading=told.reading,
        segments=tuple(segments_of(told.reading, calendar)),
        is_open=is_open_at(calendar, context.clock),
        policy_by=policies_said_by(context, opened_at),
        calendar_by=calendar_said_by(context, calendar.name, opened_at),
    )
