"""Is somebody there for this account now, and if not, from when on?"""

from __future__ import annotations

from processors.accounts import terms_at
from processors.calendars import open_segments
from processors.contract import Context
from processors.settings import calendar_at, policies_at
from processors.sla_policy import fits_account, usable_calendar
from schemas.instant import DAY

# A calendar that does not open within this says nothing about when to speak.
LOOKED_AHEAD = 14 * DAY


def opens_at(context: Context, account: str | None, at: int) -> int | None:
    """The instant from which the account's calendar is open; None while it is, or where it has none that opens soon.

    Its calendar is that of the last promise in force that its tier and contract may have: promises are tried in their
    order, so the last is the one that holds where none before it does.
    """
    terms = terms_at(context, account, at)
    policy = next((one for one in reversed(policies_at(context, at)) if fits_account(one, terms)), None)
    if policy is None:
        return None
    calendar = usable_calendar(calendar_at(context, policy.calendar, at))
    segment = next(open_segments(calendar, at, at + LOOKED_AHEAD), None)
    return None if segment is None or segment[0] == at else segment[0]
