"""How much of a promise is used up? Pure arithmetic over the status spans of a wait.

Counted is open time in spans in which the clock runs: from the wait's start to its end, except where the status stops
every clock or pauses this one. A threshold (a warning's percentage, or the target) is reached at the first running
instant at which that much has been counted; who answers, pauses or stops exactly at the due instant is in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from processors.calendars import Calendar, OpenTime, open_segments
from processors.sla_policy import BREACH_PERCENT, Promise
from processors.sla_story import STOPPED, Span, Wait


class Stretch(NamedTuple):
    """A part of a wait in one status; `counted_us` is 0 where the clock does not run."""

    started_at: int
    ended_at: int
    status: str
    runs: bool
    counted_us: int
    event_id: str


class Reached(NamedTuple):
    """A threshold was reached at an instant (`sla_policy.Promise`); `due_at` is the due instant as it was then."""

    mark: int
    at: int
    due_at: int | None


class Reading(NamedTuple):
    """A clock as read at `read_at`.

    `next_at` is when the next threshold will be reached if nothing happens, `due_at` when the target is, was or, for
    an ended or stopped wait, would have been used up: None while paused, or where that is more than ten years away.
    """

    read_at: int
    elapsed_us: int
    stretches: tuple[Stretch, ...]
    reached: tuple[Reached, ...]
    next_at: int | None
    due_at: int | None

    @property
    def breached_at(self) -> int | None:
        """When the promise was broken; None while it is kept."""
        if self.reached and self.reached[-1].mark == BREACH_PERCENT:
            return self.reached[-1].at
        return None


def read_clock(wait: Wait, spans: Sequence[Span], promise: Promise, now: int, seen_at: int) -> Reading:
    """The clock of a wait as the instant `now` finds it.

    An ended wait is read at its end, one that nothing ended at `seen_at` (when something last bore on it) or its last
    threshold if that is later, so that the reading does not depend on how often it was taken.
    """
    tally = _Tally(promise, now)
    read_at = seen_at if wait.ended_at is None else wait.ended_at
    stretches: list[Stretch] = []
    for started_at, ended_at, span in _clipped(wait, spans):
        status = span.status
        stops = status in STOPPED
        runs = not stops and not promise.pauses(status)
        counted_us = 0
        if runs:
            open_time = OpenTime(promise.calendar, started_at)
            tally.reach(open_time, ended_at)
            if ended_at is None:
                read_at = max(read_at, tally.last_reached_at)
            counted_us = open_time.until(read_at if ended_at is None else ended_at)
            tally.elapsed_us += counted_us
        elif not stops and not tally.is_breached:
            tally.due_at = None
        until_at = max(read_at, started_at) if ended_at is None else ended_at
        stretches.append(Stretch(started_at, until_at, status, runs, counted_us, span.event_id))
    return Reading(read_at, tally.elapsed_us, tuple(stretches), tuple(tally.reached), tally.next_at, tally.due_at)


class _Tally:
    """Thresholds met while counting through the running stretches of a wait."""

    __slots__ = ("_missing", "_now", "_promise", "due_at", "elapsed_us", "last_reached_at", "next_at", "reached")

    def __init__(self, promise: Promise, now: int) -> None:
        self._promise = promise
        self._now = now
        self._missing = 0  # the place of the first threshold not reached
        self.elapsed_us = 0
        self.reached: list[Reached] = []
        self.last_reached_at = 0
        self.next_at: int | None = None
        self.due_at: int | None = None

    @property
    def is_breached(self) -> bool:
        return self._missing == len(self._promise.thresholds)

    def reach(self, open_time: OpenTime, ended_at: int | None) -> None:
        """Notes the thresholds reached in a running stretch; one without an end goes on beyond now."""
        thresholds = self._promise.thresholds
        if self._missing == len(thresholds):
            return
        self.due_at = open_time.after(thresholds[-1][0] - self.elapsed_us)
        while self._missing < len(thresholds):
            amount_us, mark = thresholds[self._missing]
            at = self.due_at if mark == BREACH_PERCENT else open_time.after(amount_us - self.elapsed_us)
            if at is None or (at >= ended_at if ended_at is not None else at > self._now):
                self.next_at = at if ended_at is None else None
                return
            self.reached.append(Reached(mark, at, self.due_at))
            self.last_reached_at = at
            self._missing += 1


def _clipped(wait: Wait, spans: Sequence[Span]) -> list[tuple[int, int | None, Span]]:
    """(start, end, span) of each span's part in the wait; the last of a wait without an end has none."""
    wait_from, wait_until = wait.started_at, wait.ended_at
    parts: list[tuple[int, int | None, Span]] = []
    ended_at: int | None = None
    for span in reversed(spans):
        until_at = ended_at
        if wait_until is not None and (until_at is None or until_at > wait_until):
            until_at = wait_until
        started_at = ended_at = span.since_at
        started_at = max(started_at, wait_from)
        if until_at is None or started_at < until_at:
            parts.append((started_at, until_at, span))
    parts.reverse()
    return parts


# --- why ------------------------------------------------------------------------------------------------------------


class Segment(NamedTuple):
    """A piece of a wait, counted whole or not at all, by a rule and because of an event."""

    started_at: int
    ended_at: int
    counted_us: int
    rule: str
    event_id: str


def segments_of(reading: Reading, calendar: Calendar) -> list[Segment]:
    """Every piece of a reading's wait in order, without gaps; the counted ones sum exactly to its elapsed time."""
    segments: list[Segment] = []
    for stretch in reading.stretches:
        if not stretch.runs:
            rule = "stopped" if stretch.status in STOPPED else "paused"
            rule = f"{stretch.status}: {rule}"
            segments.append(Segment(stretch.started_at, stretch.ended_at, 0, rule, stretch.event_id))
            continue
        reached_at = stretch.started_at
        closed = f"{stretch.status}: calendar {calendar.name} is closed"
        for opens_at, closes_at in open_segments(calendar, stretch.started_at, stretch.ended_at):
            if reached_at < opens_at:
                segments.append(Segment(reached_at, opens_at, 0, closed, stretch.event_id))
            rule = f"{stretch.status}: counted"
            segments.append(Segment(opens_at, closes_at, closes_at - opens_at, rule, stretch.event_id))
            reached_at = closes_at
        if reached_at < stretch.ended_at:
            segments.append(Segment(reached_at, stretch.ended_at, 0, closed, stretch.event_id))
    return segments
