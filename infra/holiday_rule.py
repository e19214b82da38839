"""On which dates does a yearly rule of iCalendar fall?

Understood are FREQ=YEARLY with INTERVAL, COUNT or UNTIL, BYMONTH, BYMONTHDAY (from the end when negative) and BYDAY
(`MO`, within BYMONTH or the year also `2MO`, `-1MO`). Dates that a month or year does not have are left out, as RFC
5545 has it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from typing import Final

_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?)?", re.ASCII)
_KNOWN: Final = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST")
_DAY: Final = timedelta(days=1)


class HolidayRuleError(ValueError):
    """A rule that is not understood: which part, and what may stand there."""


@dataclass(frozen=True)
class YearlyRule:
    """A rule as written; `weekdays` are (which one, counted from the end when negative, 0 for each; Monday is 0)."""

    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()

    def dates(self, starts_on: date, last_year: int) -> Iterator[date]:
        """The dates from the first one on, in order, up to the end of a year. The first is one even where no part of
        the rule names it.
        """
        left = self.count
        for on in self._with_first(starts_on, min(last_year, MAXYEAR - 1)):
            if (self.until is not None and on > self.until) or left == 0:
                return
            yield on
            left = None if left is None else left - 1

    def _with_first(self, starts_on: date, last_year: int) -> Iterator[date]:
        yield starts_on
        for year in range(starts_on.year, last_year + 1, self.interval):
            yield from (on for on in self._of_year(year, starts_on) if on > starts_on)

    def _of_year(self, year: int, starts_on: date) -> list[date]:
        months = self.months
        if not months and not self.weekdays:
            months = tuple(range(1, 13)) if self.month_days else (starts_on.month,)
        if not months and self.month_days:
            months = tuple(range(1, 13))
        if not months:
            return self._in_span(date(year, 1, 1), date(year, 12, 31), starts_on)
        found: list[date] = []
        for month in sorted(set(months)):
            found += self._in_span(date(year, month, 1), date(year, month, monthrange(year, month)[1]), starts_on)
        return found

    def _in_span(self, first: date, last: date, starts_on: date) -> list[date]:
        """The dates that the rule names within a month, or within a year."""
        every = [first + number * _DAY for number in range((last - first).days + 1)]
        month_days = self.month_days or (() if self.weekdays else (starts_on.day,))
        if month_days:
            every = [on for on in every if on.day in month_days or on.day - last.day - 1 in month_days]
        if self.weekdays:
            every = [on for on in every if self._is_weekday(on, first, last)]
        return every

    def _is_weekday(self, on: date, first: date, last: date) -> bool:
        from_start, from_end = (on - first).days // 7 + 1, -((last - on).days // 7) - 1
        return any(on.weekday() == weekday and which in (0, from_start, from_end) for which, weekday in self.weekdays)


def yearly_rule(text: str) -> YearlyRule:
    """The rule that a RRULE's value describes. Raises HolidayRuleError."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.strip().upper().partition("=")
        if not equals or name in parts:
            raise HolidayRuleError(f"{part!r} is no part of a rule, or stands twice; write NAME=value once each")
        if name not in _KNOWN:
            raise HolidayRuleError(f"{name} is not understood; use {', '.join(_KNOWN[:-1])}, or write dates with RDATE")
        parts[name] = value
    if parts.get("FREQ") != "YEARLY":
        raise HolidayRuleError(f"FREQ is {parts.get('FREQ', 'missing')}; only FREQ=YEARLY is understood")
    if "COUNT" in parts and "UNTIL" in parts:
        raise HolidayRuleError("COUNT and UNTIL exclude one another; give one of them")
    count = _number("COUNT", parts["COUNT"], 1, 10_000) if "COUNT" in parts else None
    return YearlyRule(
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, 1_000),
        count=count,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=tuple(_numbers("BYMONTH", parts.get("BYMONTH"), 1, 12)),
        month_days=tuple(_numbers("BYMONTHDAY", parts.get("BYMONTHDAY"), -31, 31)),
        weekdays=tuple(_weekdays(parts)),
    )


def _weekdays(parts: dict[str, str]) -> Iterator[tuple[int, int]]:
    for one in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _BY_DAY.fullmatch(one.strip())
        if match is None:
            raise HolidayRuleError(f"BYDAY is {one!r}; write a weekday such as MO, 2MO or -1MO")
        which = 0 if match[1] is None else _number("BYDAY", match[1], -53, 53)
        if match[1] is not None and (which == 0 or "BYMONTHDAY" in parts):
            raise HolidayRuleError(f"BYDAY is {one!r}; a numbered weekday counts from 1, and without BYMONTHDAY")
        yield which, _WEEKDAYS.index(match[2])


def _numbers(name: str, text: str | None, least: int, most: int) -> Iterator[int]:
    for one in () if text is None else text.split(","):
        number = _number(name, one, least, most)
        if number == 0:
            raise HolidayRuleError(f"{name} is 0; count from 1, or from the end with -1")
        yield number


def _number(name: str, text: str, least: int, most: int) -> int:
    if re.fullmatch(r"[+-]?\d{1,5}", text.strip(), re.ASCII) is None or not least <= int(text) <= most:
        raise HolidayRuleError(f"{name} is {text!r}; give a number from {least} to {most}")
    return int(text)


def _until(text: str) -> date:
    match = _UNTIL.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise HolidayRuleError(f"UNTIL is {text!r}; write a date such as 20301231")
