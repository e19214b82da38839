"""When does an account's day begin?

Were it midnight for all, one record would wake every account of a tenant, and everybody's clocks would wait for that.
So each day begins in the first hour after midnight in UTC, at an instant that follows from the account's name.
"""

from __future__ import annotations

from zlib import crc32

from schemas.instant import DAY, HOUR

# So long after midnight every account's day has begun.
BEGUN_WITHIN = HOUR
# Few, so that a small tenant has few ticks; many, so that accounts of a large one wake in small groups.
_GROUPS = 240


def day_begins_at(account: str, day: int) -> int:
    """The instant at which a day, counted from 1970-01-01, begins for an account."""
    return day * DAY + _after_midnight(account)


def account_day(account: str, at: int) -> int:
    """Which day it is for an account."""
    return (at - _after_midnight(account)) // DAY


def turn_of(account: str, turns: int) -> int:
    """Which of so many turns is an account's; it follows from the name alone."""
    return crc32(account.encode()) % turns


def _after_midnight(account: str) -> int:
    return turn_of(account, _GROUPS) * (BEGUN_WITHIN // _GROUPS)
