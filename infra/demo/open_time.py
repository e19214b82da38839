"""Open time of the demo's desks: plain sums over opening intervals, apart from the product's own calendars.

The generator draws answers with it and states the expected breaches with it, so that what the product finds is
compared with something it does not share a line with. Instants and amounts are microseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from zoneinfo import ZoneInfo

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Opening hours by weekday (0 is Monday) as ("09:00", "17:30"), and days off, in a zone."""

    name: str
    zone: str
    hours: Mapping[int, tuple[tuple[str, str], ...]]
    days_off: tuple[date, ...] = ()


@cache
def zone(name: str) -> ZoneInfo:
    """The zone out of the installed `tzdata`, whatever the machine says."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as source:
        return ZoneInfo.from_file(source, key=name)


class OpenTime:
    """Sorted, disjoint opening intervals and sums over them."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        pairs = sorted(intervals)
        self._starts: Sequence[int] = [start for start, _ in pairs]
        self._ends: Sequence[int] = [end for _, end in pairs]
        self._before: Sequence[int] = [0, *accumulate(end - start for start, end in pairs)]

    def _total(self, instant: int) -> int:
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return 0
        return self._before[index] + min(instant, self._ends[index]) - self._starts[index]

    def amount(self, start: int, end: int) -> int:
        """Open microseconds in [start, end)."""
        return self._total(end) - self._total(start)

    def after(self, start: int, amount: int) -> int:
        """The first instant at which so much (more than nothing) was open since `start`."""
        wanted = self._total(start) + amount
        index = min(bisect_right(self._before, wanted - 1) - 1, len(self._starts) - 1)
        return self._starts[index] + wanted - self._before[index]

    def before(self, end: int, amount: int) -> int:
        """The last instant since which so much (more than nothing) was open until `end`."""
        wanted = self._total(end) - amount
        index = max(bisect_right(self._before, wanted) - 1, 0)
        return self._starts[index] + wanted - self._before[index]


def always_open(start: int, end: int) -> OpenTime:
    """Open time of a desk that never closes."""
    return OpenTime([(start, end)])


def open_time(desk: Desk, start: int, end: int) -> OpenTime:
    """Open time of a desk from `start` to `end`. Its hours must not overlap, cross midnight or touch a clock change."""
    place = zone(desk.zone)
    first = (_EPOCH + start * _MICROSECOND).astimezone(place).date()
    last = (_EPOCH + end * _MICROSECOND).astimezone(place).date()
    intervals = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day in desk.days_off:
            continue
        for opens, closes in desk.hours.get(day.weekday(), ()):
            intervals.append((_instant(day, opens, place), _instant(day, closes, place)))
    return OpenTime(intervals)


def _instant(day: date, clock: str, place: ZoneInfo) -> int:
    hour, minute = clock.split(":")
    return (datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=place) - _EPOCH) // _MICROSECOND
