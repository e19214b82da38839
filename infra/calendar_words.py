"""Opening hours in words, such as `mon-fri 08:00-12:00 13:00-17:30`, as the data of a settings event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from processors.calendars import WEEKDAYS, CalendarError, calendar_from_values

MOST_HOLIDAYS: Final = 512
_SPAN: Final = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})", re.ASCII)


def calendar_said(name: str, zone: str, hours: Iterable[str], holidays: Iterable[date]) -> dict[str, Any]:
    """The data of `settings.calendar_changed`. Raises CalendarError for what no calendar can be made of."""
    opened = [one for words in hours for one in _hours_of(words)]
    closed = sorted({on.isoformat() for on in holidays})
    if len(closed) > MOST_HOLIDAYS:
        raise CalendarError(f"{len(closed)} holidays are more than {MOST_HOLIDAYS}: take fewer years with --years")
    calendar_from_values(name, zone, opened, [(on, ()) for on in closed])
    return {
        "name": name,
        "zone": zone,
        "hours": [{"weekday": weekday, "start": start, "end": end} for weekday, start, end in opened],
        "holidays": [{"date": on} for on in closed],
    }


def _hours_of(words: str) -> Iterator[tuple[str, str, str]]:
    days, *spans = words.lower().split() or [""]
    if not spans:
        raise CalendarError(f"hours {words!r} name no times; write days and times such as 'mon-fri 08:00-17:00'")
    for weekday in _days_of(days):
        for span in spans:
            match = _SPAN.fullmatch(span)
            if match is None:
                raise CalendarError(f"hours {words!r}: {span!r} is no time; write it as 08:00-17:30")
            yield weekday, match[1], match[2]


def _days_of(words: str) -> Iterator[str]:
    for part in words.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise CalendarError(f"{part!r} names no weekdays; write {', '.join(WEEKDAYS)}, or mon-fri")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        # From Saturday to Monday goes over the end of the week.
        for number in range(start, end + 1 if end >= start else end + 8):
            yield WEEKDAYS[number % 7]
