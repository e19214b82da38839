"""Calendars judged by walking every minute, and the laws of adding and counting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.calendars import (
    Calendar,
    add_business_us,
    business_us,
    calendar_from_values,
    is_open_at,
    open_segments,
)
from tests.calendars.minute_oracle import WEEKDAYS, SlowCalendar

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Each with a date near which its clock changes: whole hours, half hours, at midnight, by a whole day, hardly ever.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2050, 3, 13)),
    ("America/St_Johns", date(2006, 10, 29)),  # back at 00:01, into the date before
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("America/Havana", date(2026, 11, 1)),  # 00:00 to 01:00 twice
    ("America/Sao_Paulo", date(2018, 11, 4)),  # 00:00 skipped
    ("Asia/Kathmandu", date(2026, 6, 1)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Asia/Pyongyang", date(2018, 5, 5)),  # 23:30 to midnight skipped
    ("UTC", date(2026, 2, 28)),
]

minutes = st.one_of(
    st.sampled_from([0, 1, 30, 60, 119, 120, 150, 180, 1_380, 1_410, 1_439, 1_440]), st.integers(0, 1_440)
)


def clock_text(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


spans = (
    st.tuples(minutes, minutes).filter(lambda span: span[0] < 1_440 and span[0] != span[1])
).map(lambda span: (clock_text(span[0]), clock_text(span[1])))  # fmt: skip


@dataclass
class Case:
    """One calendar twice, and two instants."""

    calendar: Calendar
    slow: SlowCalendar
    start_at: int
    end_at: int


@st.composite
def cases(draw: st.DrawFn, days: int = 5) -> Case:
    zone, change = draw(st.sampled_from(CHANGES))
    hours = [(weekday, *span) for weekday in WEEKDAYS for span in draw(st.lists(spans, max_size=2))]
    offsets = draw(st.lists(st.integers(-days, days), unique=True, max_size=2))
    holidays = {(change + timedelta(days=o)).isoformat(): draw(st.lists(spans, max_size=1)) for o in offsets}
    middle = (change - date(1970, 1, 1)).days * DAY
    instants = st.one_of(
        st.integers(middle - days * DAY, middle + days * DAY),
        st.integers(-days * 1_440, days * 1_440).map(lambda minute: middle + minute * 60_000_000),
    )
    start_at, end_at = sorted((draw(instants), draw(instants)))
    calendar = calendar_from_values("c", zone, hours, list(holidays.items()))
    return Case(calendar, SlowCalendar(zone, hours, holidays), start_at, end_at)


@given(cases())
@settings(max_examples=160, deadline=None)
def test_open_time_is_what_walking_every_minute_finds(case: Case) -> None:
    assert business_us(case.calendar, case.start_at, case.end_at) == case.slow.business_us(case.start_at, case.end_at)


@given(cases(), st.integers(0, 3 * DAY))
@settings(max_examples=100, deadline=None)
def test_the_due_instant_is_what_walking_every_minute_finds(case: Case, amount_us: int) -> None:
    walked = case.slow.add_business_us(case.start_at, amount_us, days=12)
    found = add_business_us(case.calendar, case.start_at, amount_us)
    if walked is None:
        assert found is None or found > case.start_at + 11 * DAY
    else:
        assert found == walked


@given(cases(days=400), st.integers(1, 60 * DAY))
@settings(max_examples=150, deadline=None)
def test_adding_is_the_inverse_of_counting(case: Case, amount_us: int) -> None:
    reached_at = add_business_us(case.calendar, case.start_at, amount_us)
    if reached_at is None:
        assert business_us(case.calendar, case.start_at, case.start_at + 3_600 * DAY) < amount_us
        return
    assert business_us(case.calendar, case.start_at, reached_at) == amount_us
    assert business_us(case.calendar, case.start_at, reached_at - 1) == amount_us - 1


@given(cases(days=400), st.integers(0, 800 * DAY))
@settings(max_examples=150, deadline=None)
def test_open_time_adds_up_and_is_the_sum_of_its_segments(case: Case, ahead_us: int) -> None:
    between_at = case.start_at + ahead_us % (case.end_at - case.start_at + 1)
    whole = business_us(case.calendar, case.start_at, case.end_at)
    assert whole == business_us(case.calendar, case.start_at, between_at) + business_us(
        case.calendar, between_at, case.end_at
    )
    segments = list(open_segments(case.calendar, case.start_at, case.end_at))
    assert whole == sum(closes_at - opens_at for opens_at, closes_at in segments)
    assert 0 <= whole <= case.end_at - case.start_at


@given(cases())
@settings(max_examples=100, deadline=None)
def test_an_instant_is_open_where_a_microsecond_from_it_counts(case: Case) -> None:
    segments = list(open_segments(case.calendar, case.start_at, case.end_at))[:20]
    for at in (case.start_at, case.end_at, *[edge + near for pair in segments for edge in pair for near in (-1, 0)]):
        assert is_open_at(case.calendar, at) == (business_us(case.calendar, at, at + 1) == 1)
