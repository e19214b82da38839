"""Open time against a clock that is stepped minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.demo.open_time import DAY_US, Desk, always_open, open_time, zone
from schemas.instant import MINUTE, parse_instant

START = parse_instant("2026-03-20T00:00:00Z")  # the clocks of Berlin change nine days later
END = START + 21 * DAY_US
DESK = Desk(
    "desk",
    "Europe/Berlin",
    dict.fromkeys(range(5), (("08:00", "12:30"), ("13:00", "18:00"))) | {5: (("09:15", "11:00"),)},
    (date(2026, 3, 31),),
)
OPEN = open_time(DESK, START, END)
MINUTES = st.integers(0, 20 * 24 * 60)


def stepped(start: int, end: int) -> int:
    """Open minutes between two whole minutes, one by one on the desk's wall clock."""
    place, total = zone(DESK.zone), 0
    for instant in range(start, end, MINUTE):
        moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(place)
        clock = moment.strftime("%H:%M")
        hours = () if moment.date() in DESK.days_off else DESK.hours.get(moment.weekday(), ())
        total += any(opens <= clock < closes for opens, closes in hours)
    return total


@given(first=MINUTES, length=st.integers(0, 4 * 24 * 60))
def test_the_amount_is_what_stepping_counts(first: int, length: int) -> None:
    start = START + first * MINUTE
    end = min(start + length * MINUTE, END)
    assert OPEN.amount(start, end) == stepped(start, end) * MINUTE


@given(first=MINUTES, amount=st.integers(1, 30 * 60 * MINUTE))
def test_after_is_the_first_instant_with_so_much(first: int, amount: int) -> None:
    start = START + first * MINUTE
    if OPEN.amount(start, END) >= amount:
        due_at = OPEN.after(start, amount)
        assert OPEN.amount(start, due_at) == amount
        assert OPEN.amount(start, due_at - 1) == amount - 1


@given(last=MINUTES, amount=st.integers(1, 30 * 60 * MINUTE))
def test_before_is_the_last_instant_since_which_so_much(last: int, amount: int) -> None:
    end = START + last * MINUTE
    if OPEN.amount(START, end) >= amount:
        since = OPEN.before(end, amount)
        assert OPEN.amount(since, end) == amount
        assert OPEN.amount(since + 1, end) == amount - 1


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-27T16:00:00Z", "2026-03-30T06:30:00Z", 60 + 105 + 30),  # Friday evening to Monday, clocks change
        ("2026-03-30T15:00:00Z", "2026-04-01T06:10:00Z", 60 + 10),  # a day off between
        ("2026-03-24T11:15:00Z", "2026-03-24T12:05:00Z", 15 + 5),  # a lunch break
        ("2026-03-21T20:00:00Z", "2026-03-22T20:00:00Z", 0),  # Saturday night to Sunday night
    ],
)
def test_hand_made_stretches(start: str, end: str, minutes: int) -> None:
    assert OPEN.amount(parse_instant(start), parse_instant(end)) == minutes * MINUTE


def test_a_desk_that_never_closes_counts_everything() -> None:
    assert always_open(START, END).amount(START + 5, START + 12) == 7
