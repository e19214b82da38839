"""Office hours, holidays, changing clocks and bad settings, as tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pytest

from processors.calendars import (
    ALWAYS_OPEN,
    SEARCH_LIMIT_DAYS,
    Calendar,
    CalendarError,
    Holiday,
    Hours,
    add_business_us,
    business_us,
    calendar_from_values,
    open_segments,
)

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEW_YEAR = date(2026, 1, 1)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Spans = list[tuple[str, str, str]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> int:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return int((moment - EPOCH).total_seconds()) * 1_000_000 + moment.microsecond


def daily(zone: str, start: str, end: str, *holidays: str) -> Calendar:
    return calendar_from_values("c", zone, [(day, start, end) for day in EVERY_DAY], [(day, ()) for day in holidays])


OFFICE = calendar_from_values(
    "office",
    "Europe/Vienna",
    [(day, *span) for day in EVERY_DAY[:5] for span in (("08:00", "12:00"), ("13:00", "17:30"))],
    [("2026-12-25", ()), ("2026-12-24", [("09:00", "12:00")])],
)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-01T08:00+02:00", "2026-06-01T17:30+02:00", 8.5),  # a Monday, with its lunch
        ("2026-06-01T12:00+02:00", "2026-06-01T13:00+02:00", 0),
        ("2026-06-05T17:00+02:00", "2026-06-08T08:30+02:00", 1),  # over a weekend
        ("2026-12-24T00:00+01:00", "2026-12-26T00:00+01:00", 3),  # a short day and a holiday
        ("2026-12-23T17:00+01:00", "2026-12-28T09:00+01:00", 0.5 + 3 + 1),
        ("2026-06-01T10:00:00.000001+02:00", "2026-06-01T10:00:00.000003+02:00", 2 / HOUR),
        ("2026-06-02T00:00+02:00", "2026-06-01T00:00+02:00", 0),  # backwards
    ],
)
def test_office_hours(start: str, end: str, hours: float) -> None:
    assert business_us(OFFICE, at(start), at(end)) == round(hours * HOUR)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-06-01T08:00+02:00", 0, "2026-06-01T08:00+02:00"),
        ("2026-06-06T11:00+02:00", 0, "2026-06-06T11:00+02:00"),  # nothing to wait for, also on a Saturday
        ("2026-06-06T11:00+02:00", 1, "2026-06-08T09:00+02:00"),
        ("2026-06-01T08:00+02:00", 4, "2026-06-01T12:00+02:00"),  # the earliest: before lunch, not after it
        ("2026-06-05T16:30+02:00", 2, "2026-06-08T09:00+02:00"),
        ("2026-12-23T16:30+01:00", 4, "2026-12-24T12:00+01:00"),
        ("2026-12-23T16:30+01:00", 4.5, "2026-12-28T08:30+01:00"),
    ],
)
def test_when_open_time_has_passed(start: str, hours: float, due: str) -> None:
    assert add_business_us(OFFICE, at(start), round(hours * HOUR)) == at(due)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "hours", "why"),
    [
        (daily("Europe/Berlin", "00:00", "24:00"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23, "spring"),
        (daily("Europe/Berlin", "00:00", "24:00"), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25, "autumn"),
        (daily("Europe/Berlin", "02:15", "02:45"), "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00", 0.5, "in a gap"),
        (
            daily("Europe/Berlin", "01:00", "02:30"),
            "2026-03-29T00:00+01:00",
            "2026-03-29T12:00+02:00",
            1.5,
            "into a gap",
        ),
        (daily("Europe/Berlin", "02:30", "03:00"), "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00", 0, "moved past"),
        (
            daily("Europe/Berlin", "02:30", "05:00"),
            "2026-03-29T00:00+01:00",
            "2026-03-29T12:00+02:00",
            1.5,
            "out of a gap",
        ),
        (daily("Europe/Berlin", "02:15", "02:45"), "2026-10-25T00:00+02:00", "2026-10-25T12:00+01:00", 1.5, "twice"),
        (
            daily("Europe/Berlin", "01:00", "02:30"),
            "2026-10-25T00:00+02:00",
            "2026-10-25T12:00+01:00",
            2.5,
            "last close",
        ),
        (
            daily("Europe/Berlin", "02:30", "04:00"),
            "2026-10-25T00:00+02:00",
            "2026-10-25T12:00+01:00",
            2.5,
            "first open",
        ),
        (
            daily("Europe/Berlin", "22:00", "06:00"),
            "2026-03-28T12:00+01:00",
            "2026-03-29T12:00+02:00",
            7,
            "night shift",
        ),
        (daily("Asia/Kathmandu", "09:00", "10:00"), "2026-05-04T03:15Z", "2026-05-04T04:15Z", 1, "offset of 5:45"),
        (
            daily("Australia/Lord_Howe", "00:00", "24:00"),
            "2026-04-05T00:00+11:00",
            "2026-04-06T00:00+10:30",
            24.5,
            "half",
        ),
        (daily("Pacific/Apia", "09:00", "17:00"), "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", 16, "no 30th"),
        (
            daily("Pacific/Apia", "22:00", "06:00"),
            "2011-12-29T12:00-10:00",
            "2011-12-31T12:00+14:00",
            8,
            "night over it",
        ),
        (
            daily("America/Havana", "00:00", "24:00"),
            "2026-03-08T00:00-05:00",
            "2026-03-09T00:00-04:00",
            23,
            "at midnight",
        ),
        (
            daily("Europe/Berlin", "00:00", "24:00", "2026-05-05"),
            "2026-05-04T00:00+02:00",
            "2026-05-07T00:00+02:00",
            48,
            "holiday",
        ),
        (
            daily("Europe/Berlin", "22:00", "06:00", "2026-05-05"),
            "2026-05-04T12:00+02:00",
            "2026-05-06T12:00+02:00",
            2,
            "a holiday ends the night before and opens no night",
        ),
    ],
)
def test_clocks_that_change(calendar: Calendar, start: str, end: str, hours: float, why: str) -> None:
    assert business_us(calendar, at(start), at(end)) == round(hours * HOUR), why


def test_the_skipped_date_of_apia_opens_nothing_on_the_next() -> None:
    fridays = calendar_from_values("c", "Pacific/Apia", [("fri", "09:00", "17:00")])
    assert list(open_segments(fridays, at("2011-12-24T12:00-10:00"), at("2012-01-07T00:00+14:00"))) == [
        (at("2012-01-06T09:00+14:00"), at("2012-01-06T17:00+14:00"))
    ]


def test_overlapping_hours_count_once() -> None:
    calendar = calendar_from_values(
        "c", "UTC", [("mon", "20:00", "06:00"), ("tue", "05:00", "09:00"), ("tue", "08:00", "10:00")]
    )
    monday = at("2026-06-01T00:00Z")
    assert list(open_segments(calendar, monday, monday + 3 * DAY)) == [(monday + 20 * HOUR, monday + 34 * HOUR)]


def test_segments_are_clipped_and_joined_over_the_cached_stretches() -> None:
    start, end = at("2020-01-01T05:00Z"), at("2021-03-01T07:00Z")
    nearly_always = daily("UTC", "00:00", "24:00", "1999-01-01")
    assert not nearly_always.is_always_open
    assert list(open_segments(nearly_always, start, end)) == [(start, end)]
    segments = list(open_segments(OFFICE, start, end))
    assert sum(closes - opens for opens, closes in segments) == business_us(OFFICE, start, end)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(segments))


def test_always_open_is_plain_time() -> None:
    assert ALWAYS_OPEN.is_always_open
    assert daily("Pacific/Apia", "00:00", "24:00").is_always_open
    assert business_us(ALWAYS_OPEN, 5, 12) == 7
    assert add_business_us(ALWAYS_OPEN, 5, 7) == 12
    assert list(open_segments(ALWAYS_OPEN, 5, 12)) == [(5, 12)]


@pytest.mark.parametrize(
    ("calendar", "amount_us"),
    [
        (calendar_from_values("c", "UTC", []), 1),
        (calendar_from_values("c", "UTC", [("mon", "00:00", "00:01")]), 1_000 * MINUTE),
        (ALWAYS_OPEN, SEARCH_LIMIT_DAYS * DAY + 1),
    ],
)
def test_what_never_opens_long_enough_has_no_instant(calendar: Calendar, amount_us: int) -> None:
    assert add_business_us(calendar, at("2026-01-01T00:00Z"), amount_us) is None


def test_a_single_day_years_ahead_is_found_within_the_limit() -> None:
    only = calendar_from_values("c", "UTC", [], [("2035-06-01", [("09:00", "10:00")])])
    assert add_business_us(only, at("2026-01-01T00:00Z"), HOUR) == at("2035-06-01T10:00Z")
    assert add_business_us(only, at("2025-01-01T00:00Z"), HOUR) is None


def test_negative_open_time_is_refused() -> None:
    with pytest.raises(ValueError, match="amount_us is -1"):
        add_business_us(OFFICE, 0, -1)


def test_instants_no_calendar_can_tell_are_refused() -> None:
    with pytest.raises(CalendarError, match=r"outside years 1\.\.9999"):
        business_us(OFFICE, at("2026-01-01T00:00Z"), 10**18)


def test_equal_content_is_one_calendar_whatever_was_asked_before() -> None:
    first, second = daily("Europe/Berlin", "09:00", "17:00"), daily("Europe/Berlin", "09:00", "17:00")
    business_us(first, 0, DAY)
    assert first == second
    assert hash(first) == hash(second)
    assert first != daily("Europe/Vienna", "09:00", "17:00")


def made(zone: str, hours: Spans, holidays: Sequence[tuple[str, list[tuple[str, str]]]] = ()) -> Calendar:
    return calendar_from_values("c", zone, hours, holidays)


def utc(hours: Spans, holidays: Sequence[tuple[str, list[tuple[str, str]]]] = ()) -> Calendar:
    return made("UTC", hours, holidays)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: made("Europe/Wien", []), r"calendar 'c': `zone`: unknown time zone 'Europe/Wien'"),
        (lambda: utc([("monday", "09:00", "17:00")]), r"`hours\[0\]` is on 'monday'; use one of mon"),
        (lambda: utc([("mon", "9:00", "17:00")]), r"`hours\[0\]` has the time '9:00'; write HH:MM"),
        (lambda: utc([("mon", "09:00", "24:01")]), r"`hours\[0\]` has the time '24:01'"),
        (lambda: utc([("mon", "24:00", "06:00")]), r"starts at 24:00; write it as 00:00"),
        (lambda: utc([("mon", "09:00", "09:00")]), r"never opens; a whole day is 00:00 to 24:00"),
        (lambda: utc([], [("2026-02-30", [])]), r"`holidays\[0\]` is on '2026-02-30'"),
        (lambda: utc([], [("2026-W01-1", [])]), r"`holidays\[0\]` is on '2026-W01-1'"),
        (lambda: utc([], [("2026-01-01", [("08:00", "x")])]), r"`holidays\[0\]` has the time 'x'"),
        (lambda: utc([], [("2026-01-01", []), ("2026-01-01", [])]), r"each once; see 2026-01-01"),
        (lambda: Calendar("c", "UTC", ((),) * 6), r"`week` has 6 days"),
        (lambda: Calendar("c", "UTC", ((),) * 7, (Holiday(NEW_YEAR), Holiday(NEW_YEAR))), r"date order, each once"),
        (lambda: Hours(0, 1_441), r"`closes` within the 1440 minutes"),
        (lambda: Hours(1_440, 1_500), r"`opens` is 0\.\.1439"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_say_so(build: Callable[[], object], message: str) -> None:
    with pytest.raises(CalendarError, match=message):
        build()
