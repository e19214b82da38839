"""Opening hours by interval arithmetic over the offsets of a zone, sharing no code with the calendars it judges.

The standard library says what a zone's offset is at an instant; here follow from it the stretches of equal offset,
and from those the instants at which a local time is shown: none, one or two.
"""

from __future__ import annotations

import zoneinfo
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final, NamedTuple

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
EPOCH_DATE: Final = date(1970, 1, 1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TEN_YEARS: Final = 3_660 * DAY  # what is due later has no known instant


class Offset(NamedTuple):
    """A zone is so far ahead of UTC from one instant to another (microseconds)."""

    from_at: int
    until_at: int
    ahead: int


def ahead_at(zone: zoneinfo.ZoneInfo, at: int) -> int:
    """By how much the wall clock of a zone is ahead of UTC at an instant (microseconds)."""
    offset = datetime.fromtimestamp(at // SECOND, tz=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * SECOND


def offsets(zone: zoneinfo.ZoneInfo, first_at: int, last_at: int) -> list[Offset]:
    """The stretches of equal offset between two instants, to the second; no stretch is shorter than three hours."""
    found: list[Offset] = []
    from_at, ahead = first_at, ahead_at(zone, first_at)
    for at in range(first_at + 3 * HOUR, last_at + 3 * HOUR, 3 * HOUR):
        if ahead_at(zone, at) == ahead:
            continue
        low, high = at - 3 * HOUR, at
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            low, high = (middle, high) if ahead_at(zone, middle) == ahead else (low, middle)
        found.append(Offset(from_at, high, ahead))
        from_at, ahead = high, ahead_at(zone, high)
    return [*found, Offset(from_at, last_at + 3 * HOUR, ahead)]


@dataclass
class PlainCalendar:
    """A calendar as its tenant wrote it: (weekday, start, end) and by date the hours of a holiday."""

    name: str
    zone: str
    hours: tuple[tuple[str, str, str], ...]
    holidays: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


class OracleHours:
    """The open time of a calendar from a day on (days since 1970-01-01)."""

    def __init__(self, calendar: PlainCalendar, first_day: int) -> None:
        self.calendar = calendar
        self.first_day = first_day
        self.days = 80
        self.open = self._walked()

    def counted(self, from_at: int, until_at: int) -> int:
        """Open microseconds from one instant to another."""
        self._reach(until_at)
        place = max(0, bisect_right(self.open, (from_at, 0)) - 1)
        total = 0
        while place < len(self.open) and self.open[place][0] < until_at:
            opens_at, closes_at = self.open[place]
            total += max(0, min(closes_at, until_at) - max(opens_at, from_at))
            place += 1
        return total

    def after(self, from_at: int, missing: int) -> int | None:
        """When so much more open time has passed; None when that is too far away to look."""
        if missing <= 0:
            return from_at
        while True:
            left = missing
            for opens_at, closes_at in self.open[max(0, bisect_right(self.open, (from_at, 0)) - 1) :]:
                length = closes_at - max(opens_at, from_at)
                if length <= 0:
                    continue
                if left <= length:
                    at = max(opens_at, from_at) + left
                    return at if at <= from_at + TEN_YEARS else None
                left -= length
            if (self.first_day + self.days) * DAY > from_at + TEN_YEARS:
                return None
            self.days *= 3
            self.open = self._walked()

    def _reach(self, at: int) -> None:
        while (self.first_day + self.days) * DAY <= at:
            self.days *= 3
            self.open = self._walked()

    def _walked(self) -> list[tuple[int, int]]:
        """The open intervals of the dates from three before the first day on, apart and in order."""
        zone = zoneinfo.ZoneInfo(self.calendar.zone)
        first, last = self.first_day - 3, self.first_day + self.days
        pieces = offsets(zone, (first - 2) * DAY, (last + 4) * DAY)
        found = sorted(interval for day in range(first, last + 1) for interval in self._of_date(pieces, day))
        apart: list[tuple[int, int]] = []
        for opens_at, closes_at in found:
            if apart and opens_at <= apart[-1][1]:
                apart[-1] = apart[-1][0], max(apart[-1][1], closes_at)
            else:
                apart.append((opens_at, closes_at))
        return [interval for interval in apart if interval[0] < last * DAY]

    def _of_date(self, pieces: list[Offset], day: int) -> list[tuple[int, int]]:
        midnight = day * DAY
        if _is_skipped(pieces, midnight):
            return []
        on = date.fromordinal(EPOCH_DATE.toordinal() + day)
        spans = self.calendar.holidays.get(on.isoformat())
        if spans is None:
            spans = tuple((start, end) for name, start, end in self.calendar.hours if name == WEEKDAYS[on.weekday()])
        next_on = date.fromordinal(on.toordinal() + 1).isoformat()
        limit = min(showing(pieces, midnight + DAY)) if next_on in self.calendar.holidays else None
        found = []
        for start, end in spans:
            opens, closes = _of_day(start), _of_day(end)
            closes += DAY if closes <= opens else 0
            from_at, until_at = min(showing(pieces, midnight + opens)), max(showing(pieces, midnight + closes))
            until_at = until_at if limit is None else min(limit, until_at)
            if from_at < until_at:
                found.append((from_at, until_at))
        return found


class AlwaysOpen:
    """Open time is all time."""

    def counted(self, from_at: int, until_at: int) -> int:
        return max(0, until_at - from_at)

    def after(self, from_at: int, missing: int) -> int | None:
        return from_at + max(0, missing) if missing <= TEN_YEARS else None


def showing(pieces: list[Offset], wall: int) -> list[int]:
    """The instants at which the wall clock shows this; one that it leaps over is shown as late as the leap is long."""
    shown = [wall - piece.ahead for piece in pieces if piece.from_at <= wall - piece.ahead < piece.until_at]
    if shown:
        return shown
    for before, after in pairwise(pieces):
        if before.until_at + before.ahead <= wall < after.from_at + after.ahead:
            return [wall - before.ahead]
    raise AssertionError(f"wall time {wall} is outside of the offsets looked at")


def _is_skipped(pieces: list[Offset], midnight: int) -> bool:
    return any(
        before.until_at + before.ahead <= midnight and midnight + DAY <= after.from_at + after.ahead
        for before, after in pairwise(pieces)
    )


def _of_day(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * HOUR + int(minute) * MINUTE
