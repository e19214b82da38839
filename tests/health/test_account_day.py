"""Accounts' days begin in turns, so that midnight holds nobody up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from processors.account_day import BEGUN_WITHIN, account_day, day_begins_at
from processors.catalog import PROCESSORS
from schemas.accounts import AccountCreated
from schemas.feedback import FeedbackGiven
from schemas.instant import DAY, HOUR
from schemas.usage import UsageRecorded
from streams.driver import Driver
from tests.health.company import START


@given(st.text(min_size=1), st.integers(0, 40_000))
def test_a_day_begins_soon_after_midnight_and_lasts_a_day(account: str, day: int) -> None:
    begins_at = day_begins_at(account, day)
    assert 0 <= begins_at - day * DAY < BEGUN_WITHIN
    assert account_day(account, begins_at) == day
    assert account_day(account, begins_at - 1) == day - 1
    assert day_begins_at(account, day + 1) - begins_at == DAY


def test_no_instant_wakes_more_than_a_few_accounts() -> None:
    """Of the timers of a whole catalog, which accounts that all do the same would otherwise set alike."""
    bench, names = Driver(PROCESSORS), [f"A-{number}" for number in range(480)]
    told = (
        AccountCreated(renewal_at=START + 200 * DAY),
        UsageRecorded(name="report.exported", quantity=1),
        FeedbackGiven(feedback="F", scale="nps", score=9.0),
    )
    at = START + 12 * HOUR
    for data in told:
        for name in names:
            at += 1
            bench.send(data, at, account=name)
    dues = Counter(due for _, _, due in bench.store.timers(bench.tenant))
    assert sum(dues.values()) >= 3 * len(names)
    assert max(dues.values()) <= len(names) // 20
