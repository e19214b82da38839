"""An independent, deliberately slow calendar: it walks every minute and reads the wall clock there.

It knows only UTC → local (never the other way), so it shares neither code nor method with the calendar it judges.
Zones whose offsets are whole minutes only (all of them since 1972).
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

MINUTE_US = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@lru_cache(maxsize=4_000)
def walls_of_day(zone: str, utc_day: int) -> tuple[int, ...]:
    """The wall clock, as minutes since 1970-01-01 00:00 local, at each of the 1,440 minutes of a UTC day."""
    info = zoneinfo.ZoneInfo(zone)
    start = EPOCH + timedelta(days=utc_day)
    walls = ((start + timedelta(minutes=m)).astimezone(info).replace(tzinfo=UTC) for m in range(1_440))
    return tuple((wall - EPOCH) // timedelta(minutes=1) for wall in walls)


@dataclass
class WallClock:
    """Which UTC minutes show which wall minute, over some UTC days."""

    zone: str
    first_day: int
    last_day: int

    def __post_init__(self) -> None:
        self.occurrences: dict[int, list[int]] = {}
        self.jumps: list[tuple[int, int]] = []
        minute, before = self.first_day * 1_440, None
        for day in range(self.first_day, self.last_day + 1):
            for wall in walls_of_day(self.zone, day):
                self.occurrences.setdefault(wall, []).append(minute)
                if before is not None and wall > before + 1:
                    self.jumps.append((before + 1, wall))
                before, minute = wall, minute + 1

    def minutes_showing(self, wall: int) -> list[int]:
        for gap_start, gap_end in self.jumps:
            if gap_start <= wall < gap_end:
                wall += gap_end - gap_start
                break
        return self.occurrences[wall]

    def skips_date(self, midnight: int) -> bool:
        return any(start <= midnight and midnight + 1_440 <= end for start, end in self.jumps)


@dataclass
class SlowCalendar:
    """The plain settings of a calendar, and its open minutes by walking."""

    zone: str
    hours: list[tuple[str, str, str]]
    holidays: dict[str, list[tuple[str, str]]]

    def open_minutes(self, first_day: int, last_day: int) -> bytearray:
        """One byte per UTC minute from the start of `first_day` through `last_day`: open or not."""
        clock = WallClock(self.zone, first_day - 5, last_day + 7)
        origin = first_day * 1_440
        is_open = bytearray((last_day - first_day + 1) * 1_440)
        for local_day in range(first_day - 3, last_day + 4):
            midnight = local_day * 1_440
            if clock.skips_date(midnight):
                continue
            on = date(1970, 1, 1) + timedelta(days=local_day)
            limit = 10**18
            if (on + timedelta(days=1)).isoformat() in self.holidays:
                limit = min(clock.minutes_showing(midnight + 1_440))
            for start, end in self.hours_on(on):
                opens, closes = clock_minutes(start), clock_minutes(end)
                if closes <= opens:
                    closes += 1_440
                first = min(clock.minutes_showing(midnight + opens))
                last = min(max(clock.minutes_showing(midnight + closes)), limit)
                for minute in range(max(first, origin), min(last, origin + len(is_open))):
                    is_open[minute - origin] = 1
        return is_open

    def hours_on(self, on: date) -> list[tuple[str, str]]:
        if on.isoformat() in self.holidays:
            return self.holidays[on.isoformat()]
        return [(start, end) for weekday, start, end in self.hours if weekday == WEEKDAYS[on.weekday()]]

    def business_us(self, start_at: int, end_at: int) -> int:
        first_day, last_day = start_at // (1_440 * MINUTE_US), end_at // (1_440 * MINUTE_US)
        total = 0
        for index, is_open in enumerate(self.open_minutes(first_day, last_day)):
            if is_open:
                minute_at = (first_day * 1_440 + index) * MINUTE_US
                total += max(0, min(end_at, minute_at + MINUTE_US) - max(start_at, minute_at))
        return total

    def add_business_us(self, start_at: int, amount_us: int, days: int) -> int | None:
        """The earliest instant, or None when it is not within that many days."""
        first_day = start_at // (1_440 * MINUTE_US)
        if amount_us == 0:
            return start_at
        for index, is_open in enumerate(self.open_minutes(first_day, first_day + days)):
            minute_at = max((first_day * 1_440 + index) * MINUTE_US, start_at)
            length = (first_day * 1_440 + index + 1) * MINUTE_US - minute_at
            if is_open and length > 0:
                if amount_us <= length:
                    return minute_at + amount_us
                amount_us -= length
        return None


def clock_minutes(text: str) -> int:
    """Minutes since midnight of HH:MM."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
