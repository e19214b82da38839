"""Yearly rules beside a library that knows all of RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.holiday_rule import HolidayRuleError, yearly_rule

LAST_YEAR = 2040


@st.composite
def rules(draw: st.DrawFn) -> str:
    parts = ["FREQ=YEARLY"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    months = draw(st.lists(st.integers(1, 12), max_size=3, unique=True))
    if months:
        parts.append("BYMONTH=" + ",".join(map(str, months)))
    by = draw(st.sampled_from(("", "month days", "weekdays", "numbered", "both")))
    if by in ("month days", "both"):
        days = draw(st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=8, unique=True))
        parts.append("BYMONTHDAY=" + ",".join(map(str, days)))
    if by in ("weekdays", "numbered", "both"):
        names = draw(st.lists(st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")), min_size=1, max_size=2))
        number = draw(st.integers(-5, 5).filter(bool)) if by == "numbered" else ""
        parts.append("BYDAY=" + ",".join(f"{number}{name}" for name in dict.fromkeys(names)))
    end = draw(st.sampled_from(("", "COUNT=5", "UNTIL=20301231T235959Z")))
    return ";".join([*parts, end] if end else parts)


@settings(max_examples=60, deadline=None)
@given(rules(), st.dates(date(2019, 1, 1), date(2027, 12, 31)))
def test_a_rule_falls_on_the_dates_that_the_library_finds(rule: str, starts_on: date) -> None:
    begins = datetime(starts_on.year, starts_on.month, starts_on.day, tzinfo=UTC)
    endless, _, count = rule.partition(";COUNT=")
    bounded = endless if "UNTIL" in endless else f"{endless};UNTIL={LAST_YEAR}1231T235959Z"
    known = [on.date() for on in rrulestr(bounded, dtstart=begins)]
    # RFC 5545 counts the start as the first instance where the rule does not name it, the library does not.
    known = known if known[:1] == [starts_on] else [starts_on, *known]
    assert list(yearly_rule(rule).dates(starts_on, LAST_YEAR)) == known[: int(count or len(known))]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=WEEKLY", "only FREQ=YEARLY"),
        ("BYMONTH=1", "FREQ is missing"),
        ("FREQ=YEARLY;BYYEARDAY=1", "BYYEARDAY is not understood"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH is '13'; give a number from 1 to 12"),
        ("FREQ=YEARLY;BYMONTHDAY=0", "BYMONTHDAY is 0"),
        ("FREQ=YEARLY;BYDAY=XX", "BYDAY is 'XX'"),
        ("FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=3", "without BYMONTHDAY"),
        ("FREQ=YEARLY;COUNT=2;UNTIL=20300101", "exclude one another"),
        ("FREQ=YEARLY;UNTIL=20301399", "UNTIL is '20301399'"),
        ("FREQ=YEARLY;INTERVAL=0", "INTERVAL is '0'"),
        ("FREQ=YEARLY;FREQ=YEARLY", "stands twice"),
    ],
)
def test_a_rule_that_is_not_understood_says_what_may_stand_there(rule: str, says: str) -> None:
    with pytest.raises(HolidayRuleError) as raised:
        yearly_rule(rule)
    assert says in str(raised.value)
