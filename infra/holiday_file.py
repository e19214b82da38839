"""Which dates does a holiday file name? The part of iCalendar (RFC 5545) that whole days off are written in.

Read are events of whole days: DTSTART and DTEND or DURATION, RRULE that comes every year or every few, RDATE, EXDATE,
moved and cancelled instances (RECURRENCE-ID, STATUS), and of several versions of one event the last (SEQUENCE). All
else of an event is passed over; what would change its dates and is not understood is an error that names the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple

from infra.holiday_rule import HolidayRuleError, YearlyRule, yearly_rule

LARGEST_CHARACTERS: Final = 4_000_000
LONGEST_DAYS: Final = 366

_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T000000Z?)?", re.ASCII)
_DURATION: Final = re.compile(r"\+?P(?:(\d{1,4})W|(\d{1,4})D(?:T0[HMS])?)", re.ASCII)
_DAY: Final = timedelta(days=1)


class HolidayFileError(ValueError):
    """A file that cannot be read as holidays: the line, what it says, and what to write instead."""


class NamedDay(NamedTuple):
    """A date off, and what the file calls it."""

    on: date
    name: str


class _Line(NamedTuple):
    number: int
    name: str
    value: str


@dataclass
class _Holiday:
    """One event of the file, as written."""

    number: int
    uid: str = ""
    name: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    days: int | None = None
    rule: YearlyRule | None = None
    also: list[date] = field(default_factory=list)
    never: list[date] = field(default_factory=list)
    moves: date | None = None
    sequence: int = 0
    is_cancelled: bool = False


def days_off(text: str, first_year: int, last_year: int) -> list[NamedDay]:
    """Every date off in these years, once and in order. Raises HolidayFileError."""
    if len(text) > LARGEST_CHARACTERS:
        raise HolidayFileError(f"the file has {len(text):,} characters; give one with {LARGEST_CHARACTERS:,} at most")
    events = _last_versions(_events(text))
    moved = {(event.uid, event.moves) for event in events if event.moves is not None}
    found: dict[date, str] = {}
    for event in events:
        if event.is_cancelled:
            continue
        length = _length(event)
        for starts_on in _starts(event, last_year):
            if event.moves is None and (event.uid, starts_on) in moved:
                continue
            for number in range(length):
                on = starts_on + number * _DAY
                if first_year <= on.year <= last_year:
                    found.setdefault(on, event.name)
    return [NamedDay(on, found[on]) for on in sorted(found)]


def _starts(event: _Holiday, last_year: int) -> Iterator[date]:
    if event.starts_on is None:
        raise HolidayFileError(f"line {event.number}: the event has no DTSTART; give it one such as DTSTART:20261225")
    starts = [event.starts_on] if event.rule is None else event.rule.dates(event.starts_on, last_year)
    yield from (on for on in [*starts, *event.also] if on not in event.never)


def _length(event: _Holiday) -> int:
    days = event.days
    if days is None:
        days = 1
        if event.ends_on is not None and event.starts_on is not None:
            # Some programs end a day off on itself, though the end is meant to be the day after.
            days = max(1, (event.ends_on - event.starts_on).days)
            if event.ends_on < event.starts_on:
                raise HolidayFileError(f"line {event.number}: the event ends {event.ends_on} before it starts")
    if not 1 <= days <= LONGEST_DAYS:
        raise HolidayFileError(f"line {event.number}: the event lasts {days} days; give 1 to {LONGEST_DAYS}")
    return days


def _last_versions(events: list[_Holiday]) -> list[_Holiday]:
    """Of several versions of one event, or of one instance of it, that of the highest sequence; the last of equals."""
    last: dict[tuple[str, date | None, int], _Holiday] = {}
    for event in events:
        # An event without a UID is nobody's version.
        key = event.uid, event.moves, 0 if event.uid else event.number
        if key not in last or event.sequence >= last[key].sequence:
            last[key] = event
    return list(last.values())


# --- reading --------------------------------------------------------------------------------------------------------


def _events(text: str) -> list[_Holiday]:
    """The events as written. Components within an event, such as alarms, are passed over."""
    inside: list[str] = []
    events: list[_Holiday] = []
    for line in _lines(text):
        if line.name == "BEGIN":
            inside.append(line.value.upper())
            if inside[0] != "VCALENDAR":
                raise HolidayFileError(f"line {line.number}: BEGIN:{line.value} stands where BEGIN:VCALENDAR is due")
            if inside[-1] == "VEVENT":
                events.append(_Holiday(line.number))
        elif line.name == "END":
            if not inside or inside.pop() != line.value.upper():
                raise HolidayFileError(f"line {line.number}: END:{line.value} ends nothing that was begun")
        elif inside and inside[-1] == "VEVENT":
            _set(events[-1], line)
    if inside:
        raise HolidayFileError(f"the file ends within {inside[-1]}: END:{inside[-1]} is missing")
    if not events:
        raise HolidayFileError("the file has no event: give an iCalendar file (.ics) with a VEVENT for each holiday")
    return events


def _lines(text: str) -> Iterator[_Line]:
    """Content lines with those that go on below joined; parameters are passed over, their meaning is in the value."""
    held, held_number = "", 0
    for number, raw in enumerate([*text.removeprefix("\ufeff").splitlines(), ""], 1):
        if raw[:1] in (" ", "\t"):
            held += raw[1:]
            continue
        if held.strip():
            yield _line(held_number, held)
        held, held_number = raw, number


def _line(number: int, text: str) -> _Line:
    quoted = False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            name = text[:place].partition(";")[0].strip().upper()
            return _Line(number, name, text[place + 1 :].strip())
    raise HolidayFileError(f"line {number}: {text[:60]!r} has no colon; iCalendar lines are NAME:value")


def _set(event: _Holiday, line: _Line) -> None:
    known = _DATED.get(line.name)
    if known is not None:
        known(event, line)
    elif line.name == "UID":
        event.uid = line.value
    elif line.name == "SUMMARY":
        event.name = re.sub(r"\\([\\;,])", r"\1", line.value)
    elif line.name == "SEQUENCE":
        event.sequence = int(line.value) if re.fullmatch(r"\d{1,9}", line.value, re.ASCII) else 0
    elif line.name == "STATUS":
        event.is_cancelled = line.value.upper() == "CANCELLED"
    elif line.name == "EXRULE":
        raise HolidayFileError(f"line {line.number}: EXRULE is not understood; write the dates with EXDATE")


def _set_start(event: _Holiday, line: _Line) -> None:
    event.starts_on = _date(line, line.value)


def _set_end(event: _Holiday, line: _Line) -> None:
    event.ends_on = _date(line, line.value)


def _set_days(event: _Holiday, line: _Line) -> None:
    match = _DURATION.fullmatch(line.value)
    if match is None:
        raise HolidayFileError(f"line {line.number}: DURATION is {line.value[:40]!r}; write whole days such as P1D")
    event.days = int(match[1]) * 7 if match[1] else int(match[2])


def _set_rule(event: _Holiday, line: _Line) -> None:
    if event.rule is not None:
        raise HolidayFileError(f"line {line.number}: the event has two RRULE; make two events of it")
    try:
        event.rule = yearly_rule(line.value)
    except HolidayRuleError as error:
        raise HolidayFileError(f"line {line.number}: RRULE {line.value[:80]!r}: {error}") from error


def _set_also(event: _Holiday, line: _Line) -> None:
    event.also += [_date(line, one) for one in line.value.split(",")]


def _set_never(event: _Holiday, line: _Line) -> None:
    event.never += [_date(line, one) for one in line.value.split(",")]


def _set_moves(event: _Holiday, line: _Line) -> None:
    event.moves = _date(line, line.value)


_DATED: Final[Mapping[str, Callable[[_Holiday, _Line], None]]] = {
    "DTSTART": _set_start,
    "DTEND": _set_end,
    "DURATION": _set_days,
    "RRULE": _set_rule,
    "RDATE": _set_also,
    "EXDATE": _set_never,
    "RECURRENCE-ID": _set_moves,
}


def _date(line: _Line, text: str) -> date:
    match = _DATE.fullmatch(text.strip())
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    wish = "holidays are whole days; write a date such as 20261225"
    raise HolidayFileError(f"line {line.number}: {line.name} is {text[:40]!r}; {wish}")
