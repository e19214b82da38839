"""Which dates does a holiday file (iCalendar, RFC 5545) name?

The file is read, its rules repeated and its versions and moved instances sorted out by the libraries that are made for
it; what is left to say here is that holidays are whole days, and how a file that names none is answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from icalendar import Calendar
from recurring_ical_events import of as repeated  # type: ignore[import-untyped]

LARGEST_CHARACTERS: Final = 4_000_000
LONGEST_DAYS: Final = 366

_DAY: Final = timedelta(days=1)
# Holidays do not come back within a day, and a rule that says so would be reckoned out second by second.
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_BEGUN: Final = re.compile(r"^BEGIN:VEVENT\s*$", re.IGNORECASE | re.MULTILINE)


class HolidayFileError(ValueError):
    """A file that cannot be read as holidays: the event, what it says, and what to write instead."""


class NamedDay(NamedTuple):
    """A date off, and what the file calls it."""

    on: date
    name: str


def days_off(text: str, first_year: int, last_year: int) -> list[NamedDay]:
    """Every date off in these years, once and in order. Raises HolidayFileError."""
    if len(text) > LARGEST_CHARACTERS:
        raise HolidayFileError(f"the file has {len(text):,} characters; give one with {LARGEST_CHARACTERS:,} at most")
    calendars = _calendars(text)
    found: dict[date, str] = {}
    for calendar in calendars:
        for event in repeated(calendar).between(date(first_year, 1, 1), date(last_year + 1, 1, 1)):
            for on in _dates(event):
                if first_year <= on.year <= last_year:
                    found.setdefault(on, str(event.get("SUMMARY", "")))
    return [NamedDay(on, found[on]) for on in sorted(found)]


def _calendars(text: str) -> list[Calendar]:
    """The file's calendars, each event of them looked at."""
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except ValueError as error:
        raise HolidayFileError(f"this is no iCalendar file (.ics): {error}") from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if len(events) < len(_BEGUN.findall(text)):
        raise HolidayFileError("an event is begun and not ended: the file may be cut; give the whole of it")
    if not events:
        raise HolidayFileError("the file has no event: give an iCalendar file (.ics) with a VEVENT for each holiday")
    for event in events:
        _require_understood(event)
    return calendars


def _require_understood(event: Any) -> None:
    for name, problem in event.errors:
        raise HolidayFileError(f"{_named(event)}: {name}: {problem}")
    if "DTSTART" not in event:
        raise HolidayFileError(f"{_named(event)} has no DTSTART; give it one such as DTSTART;VALUE=DATE:20261225")
    if "DTEND" in event and _day(event.end) < _day(event.start):
        raise HolidayFileError(f"{_named(event)} ends at {event.end} before it starts at {event.start}")
    if "EXRULE" in event:
        raise HolidayFileError(f"{_named(event)}: EXRULE is not understood; write the dates with EXDATE")
    rules = event.get("RRULE", ())
    for rule in rules if isinstance(rules, list) else [rules] if rules else ():
        for frequency in rule.get("FREQ", ["missing"]):
            if frequency not in _FREQUENCIES:
                raise HolidayFileError(f"{_named(event)}: FREQ is {frequency}; write one of {', '.join(_FREQUENCIES)}")


def _dates(event: Any) -> Iterator[date]:
    """The dates of one instance."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    starts_on, ends_on = _whole(event, event.start), _whole(event, event.end)
    # Some programs end a day off on itself, though the end is meant to be the day after.
    days = max(1, (ends_on - starts_on).days)
    if days > LONGEST_DAYS:
        raise HolidayFileError(f"{_named(event)} lasts {days} days; give 1 to {LONGEST_DAYS}")
    yield from (starts_on + number * _DAY for number in range(days))


def _whole(event: Any, at: date) -> date:
    if not isinstance(at, datetime):
        return at
    if at.time() != time():
        wish = "holidays are whole days; write a date such as DTSTART;VALUE=DATE:20261225"
        raise HolidayFileError(f"{_named(event)} starts or ends at {at.isoformat()}; {wish}")
    return _day(at)


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _named(event: Any) -> str:
    return f"event {str(event.get('SUMMARY', event.get('UID', 'without a name')))[:60]!r}"
