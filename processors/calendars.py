"""Business calendars: weekly opening hours and holidays in one time zone, and exact arithmetic on open time.

Instants and amounts are integer microseconds (instants since the Unix epoch, UTC). The rules that turn local opening
hours into instants:

- Hours belong to the local date on which they open; hours that close at or before they open close on the next date.
- A local time that the clock skips moves forward by the gap. A date that a zone skipped altogether opens nothing.
- A local time that comes twice opens at its first and closes at its last occurrence.
- A holiday replaces its whole date: hours reaching over from the date before end at the first occurrence of its 00:00,
  hours opening on it are its own (none, unless given).
- Hours that overlap count once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

from processors.zones import ZoneError, pinned_zone

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_LIMIT_DAYS: Final = 3_660  # ten years and a little: beyond it, `add_business_us` says None

MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000
DAY_MINUTES: Final = 1_440
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)

_BLOCK_DAYS: Final = 32
_BLOCK_US: Final = _BLOCK_DAYS * DAY_US
_BLOCKS_KEPT: Final = 2_048  # about 6 KB each for office hours, so about 12 MB at most
# Dates looked at on either side of a block: offsets reach 26 h, hours reach 24 h into the next date, and the widest
# gap is 24 h.
_MARGIN_DAYS: Final = 4

_TIME_PATTERN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_DATE_PATTERN: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class CalendarError(ValueError):
    """A calendar setting that cannot be used: which field, with what value, and what to write instead."""


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """One opening interval, in minutes from the 00:00 of the local date on which it opens.

    `opens` lies in 0..1439 and `closes` in opens+1..opens+1440, so that 22:00-06:00 is Hours(1320, 1800).
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY_MINUTES and self.opens < self.closes <= self.opens + DAY_MINUTES):
            raise CalendarError(
                f"hours {self.opens}..{self.closes}: `opens` is 0..1439, `closes` within the 1440 minutes after it"
            )


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A local date whose weekly hours do not hold; `hours` are its own, empty when it stays closed."""

    on: date
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody is there to work: weekly hours and holidays in an IANA zone.

    `week` holds seven tuples of hours, Monday first. Equal content is an equal calendar. Raises CalendarError.
    """

    name: str
    zone: str
    week: tuple[tuple[Hours, ...], ...]
    holidays: tuple[Holiday, ...] = ()
    is_always_open: bool = field(init=False, repr=False, compare=False)
    # Only a speed-up of the segment cache: it depends on the process's hash seed and is never shown or compared.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            pinned_zone(self.zone)
        except ZoneError as error:
            raise CalendarError(f"calendar {self.name!r}: `zone`: {error}") from error
        if len(self.week) != len(WEEKDAYS):
            raise CalendarError(f"calendar {self.name!r}: `week` has {len(self.week)} days; give seven, Monday first")
        for before, after in pairwise(self.holidays):
            if before.on >= after.on:
                day = after.on.isoformat()
                raise CalendarError(f"calendar {self.name!r}: `holidays` must be in date order, each once; see {day}")
        always = not self.holidays and all(_covers_day(hours) for hours in self.week)
        object.__setattr__(self, "is_always_open", always)
        object.__setattr__(self, "_hash", hash((self.name, self.zone, self.week, self.holidays)))

    def __hash__(self) -> int:
        return self._hash


def _covers_day(hours: Sequence[Hours]) -> bool:
    covered_until = 0
    for one in sorted(hours):
        if one.opens > covered_until:
            return False
        covered_until = max(covered_until, one.closes)
    return covered_until >= DAY_MINUTES


ALWAYS_OPEN: Final = Calendar("always", "UTC", ((Hours(0, DAY_MINUTES),),) * 7)


# --- out of settings ------------------------------------------------------------------------------------------------


def calendar_from_values(
    name: str,
    zone: str,
    hours: Iterable[tuple[str, str, str]],
    holidays: Iterable[tuple[str, Iterable[tuple[str, str]]]] = (),
) -> Calendar:
    """The calendar that plain settings values describe; raises CalendarError naming the field.

    `hours`: (weekday, start, end) such as ("mon", "09:00", "17:30"); an end at or before its start is on the next date,
    24:00 may end; a weekday without hours is closed. `holidays`: ("YYYY-MM-DD", own hours as (start, end) pairs).
    """
    week: dict[str, list[Hours]] = {weekday: [] for weekday in WEEKDAYS}
    for index, (weekday, start, end) in enumerate(hours):
        where = f"calendar {name!r}: `hours[{index}]`"
        if weekday not in week:
            raise CalendarError(f"{where} is on {weekday!r}; use one of {', '.join(WEEKDAYS)}")
        week[weekday].append(_hours(where, start, end))
    dated = []
    for index, (day, own) in enumerate(holidays):
        where = f"calendar {name!r}: `holidays[{index}]`"
        dated.append(Holiday(_date(where, day), tuple(sorted(_hours(where, start, end) for start, end in own))))
    return Calendar(
        name=name,
        zone=zone,
        week=tuple(tuple(sorted(week[weekday])) for weekday in WEEKDAYS),
        holidays=tuple(sorted(dated)),
    )


def _hours(where: str, start: str, end: str) -> Hours:
    opens, closes = _minute(where, start), _minute(where, end)
    if opens == DAY_MINUTES:
        raise CalendarError(f"{where} starts at 24:00; write it as 00:00 of the next day")
    if opens == closes:
        raise CalendarError(f"{where} starts and ends at {start}, which never opens; a whole day is 00:00 to 24:00")
    return Hours(opens, closes if closes > opens else closes + DAY_MINUTES)


def _minute(where: str, text: str) -> int:
    match = _TIME_PATTERN.fullmatch(text)
    if match is None:
        raise CalendarError(f"{where} has the time {text!r}; write HH:MM, from 00:00 to 24:00")
    return DAY_MINUTES if text == "24:00" else int(match[1]) * 60 + int(match[2])


def _date(where: str, text: str) -> date:
    if _DATE_PATTERN.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise CalendarError(f"{where} is on {text!r}, which is no date; write YYYY-MM-DD")


# --- arithmetic -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """The open segments of one stretch of UTC time, clipped to it, apart and in order.

    `open_before[i]` is the open time in the block before segment i; its last entry is the block's whole open time.
    """

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    open_before: tuple[int, ...]

    def open_until(self, at: int) -> int:
        """Open microseconds between the block's start and `at`."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0
        return self.open_before[index] + min(at, self.closes[index]) - self.opens[index]

    def instant_after(self, amount_us: int) -> int:
        """The earliest instant at which `amount_us` (1 up to the block's open time) has been open in the block."""
        index = bisect_left(self.open_before, amount_us) - 1
        return self.opens[index] + amount_us - self.open_before[index]


class OpenTime:
    """A calendar's open time counted from one instant on. Raises CalendarError for instants outside years 1..9999."""

    __slots__ = ("_block", "_calendar", "_index", "_open_before", "start_at")

    def __init__(self, calendar: Calendar, start_at: int) -> None:
        self._calendar = calendar
        self.start_at = start_at
        if not calendar.is_always_open:
            self._index = start_at // _BLOCK_US
            self._block = _block(calendar, self._index)
            self._open_before = self._block.open_until(start_at)

    def until(self, end_at: int) -> int:
        """Open microseconds up to an instant, exact; 0 when that is not after the start."""
        if end_at <= self.start_at:
            return 0
        if self._calendar.is_always_open:
            return end_at - self.start_at
        last = end_at // _BLOCK_US
        if last == self._index:
            return self._block.open_until(end_at) - self._open_before
        total = _block(self._calendar, last).open_until(end_at) - self._open_before
        for index in range(self._index, last):
            total += _block(self._calendar, index).open_before[-1]
        return total

    def after(self, amount_us: int) -> int | None:
        """The earliest instant at or after the start at which `amount_us` of open time has passed since it.

        None when that instant is more than SEARCH_LIMIT_DAYS away. An amount of 0 is the start itself. Raises
        ValueError for a negative amount.
        """
        if amount_us < 0:
            raise ValueError(f"amount_us is {amount_us}; open time is added, give 0 or more")
        if amount_us == 0:
            return self.start_at
        limit_at = self.start_at + SEARCH_LIMIT_DAYS * DAY_US
        if self._calendar.is_always_open:
            reached_at = self.start_at + amount_us
            return reached_at if reached_at <= limit_at else None
        index, block = self._index, self._block
        missing_us = amount_us + self._open_before
        while missing_us > block.open_before[-1]:
            missing_us -= block.open_before[-1]
            index += 1
            if index * _BLOCK_US > limit_at:
                return None
            block = _block(self._calendar, index)
        reached_at = block.instant_after(missing_us)
        return reached_at if reached_at <= limit_at else None


def business_us(calendar: Calendar, start_at: int, end_at: int) -> int:
    """Open microseconds in [start_at, end_at), exact; 0 when `end_at` is not after `start_at`.

    Raises CalendarError for instants outside years 1..9999.
    """
    return OpenTime(calendar, start_at).until(end_at) if end_at > start_at else 0


def add_business_us(calendar: Calendar, start_at: int, amount_us: int) -> int | None:
    """`OpenTime.after`: the earliest instant at which `amount_us` of open time has passed since `start_at`."""
    if amount_us == 0:
        return start_at
    return OpenTime(calendar, start_at).after(amount_us)


def open_segments(calendar: Calendar, start_at: int, end_at: int) -> Iterator[tuple[int, int]]:
    """Every open stretch (opens_at, closes_at) in [start_at, end_at), clipped to it, in order, never touching."""
    if end_at <= start_at:
        return
    if calendar.is_always_open:
        yield start_at, end_at
        return
    held: tuple[int, int] | None = None
    for index in range(start_at // _BLOCK_US, (end_at - 1) // _BLOCK_US + 1):
        block = _block(calendar, index)
        for opens_at, closes_at in _clipped(zip(block.opens, block.closes, strict=True), start_at, end_at):
            if held is not None and held[1] == opens_at:
                held = held[0], closes_at
                continue
            if held is not None:
                yield held
            held = opens_at, closes_at
    if held is not None:
        yield held


def is_open_at(calendar: Calendar, at: int) -> bool:
    """Whether an instant is business time."""
    return next(open_segments(calendar, at, at + 1), None) is not None


@lru_cache(maxsize=_BLOCKS_KEPT)
def _block(calendar: Calendar, index: int) -> _Block:
    starts_at = index * _BLOCK_US
    ends_at = starts_at + _BLOCK_US
    first = _EPOCH_ORDINAL + index * _BLOCK_DAYS - _MARGIN_DAYS
    last = first + _BLOCK_DAYS + 2 * _MARGIN_DAYS
    if first < date(MINYEAR, 1, 2).toordinal() or last > date(MAXYEAR, 12, 29).toordinal():
        raise CalendarError(f"calendar {calendar.name!r}: an instant near {starts_at} lies outside years 1..9999")
    opens: list[int] = []
    closes: list[int] = []
    for opens_at, closes_at in _clipped(sorted(_dated_segments(calendar, first, last)), starts_at, ends_at):
        if closes and opens_at <= closes[-1]:
            closes[-1] = max(closes[-1], closes_at)
        else:
            opens.append(opens_at)
            closes.append(closes_at)
    lengths = (closes_at - opens_at for opens_at, closes_at in zip(opens, closes, strict=True))
    return _Block(tuple(opens), tuple(closes), tuple(accumulate(lengths, initial=0)))


def _clipped(segments: Iterable[tuple[int, int]], start_at: int, end_at: int) -> Iterator[tuple[int, int]]:
    for opens_at, closes_at in segments:
        if opens_at < end_at and closes_at > start_at:
            yield max(opens_at, start_at), min(closes_at, end_at)


def _dated_segments(calendar: Calendar, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The open segments of the local dates with ordinals first..last; they may overlap."""
    zone = pinned_zone(calendar.zone)
    holidays = {holiday.on.toordinal(): holiday.hours for holiday in calendar.holidays}
    for ordinal in range(first, last + 1):
        hours = holidays.get(ordinal)
        if hours is None:
            hours = calendar.week[(ordinal - 1) % 7]
        if not hours or _opening(zone, ordinal, 0) >= _opening(zone, ordinal + 1, 0):
            continue
        latest = _opening(zone, ordinal + 1, 0) if ordinal + 1 in holidays else None
        for one in hours:
            opens_at, closes_at = _opening(zone, ordinal, one.opens), _closing(zone, ordinal, one.closes)
            if latest is not None:
                closes_at = min(closes_at, latest)
            if opens_at < closes_at:
                yield opens_at, closes_at


def _opening(zone: tzinfo, ordinal: int, minute: int) -> int:
    """The instant of a local time; in a gap it moves forward, of two occurrences it is the first."""
    return _instant(zone, ordinal, minute, fold=0)


def _closing(zone: tzinfo, ordinal: int, minute: int) -> int:
    """The instant of a local time; in a gap it moves forward, of two occurrences it is the last."""
    # In a gap the offset before it (fold 0) gives the later instant, in a repeated hour the offset after it (fold 1).
    return max(_instant(zone, ordinal, minute, fold=0), _instant(zone, ordinal, minute, fold=1))


def _instant(zone: tzinfo, ordinal: int, minute: int, fold: int) -> int:
    days, minute = divmod(minute, DAY_MINUTES)
    ordinal += days
    on = date.fromordinal(ordinal)
    wall = datetime.combine(on, time(minute // 60, minute % 60, fold=fold))
    offset = zone.utcoffset(wall)
    if offset is None:
        raise AssertionError(f"zone {zone} has no offset for {on.isoformat()}")
    return (ordinal - _EPOCH_ORDINAL) * DAY_US + minute * MINUTE_US - offset // _MICROSECOND
