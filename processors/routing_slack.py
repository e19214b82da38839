"""When must somebody have looked at a waiting ticket? The earliest of what it is promised, counted from its opening.

A ticket that waits for an expert rarely waits for its customer as well, so pauses are not looked at here: `sla` does.
"""

from __future__ import annotations

from processors.calendars import OpenTime
from processors.contract import Context
from processors.routing_desk import Case
from processors.sla_policy import Promises
from schemas.instant import SECOND


def due_at(case: Case, context: Context) -> int | None:
    """The earliest instant promised; None where nothing is."""
    promises = Promises(context, case.account, case.opened_at)
    earliest: int | None = None
    for clock in ("resolution",) if case.is_answered else ("first_response", "resolution"):
        promise = promises.promise(clock, case.promised, case.channel, context.clock)
        if promise is not None:
            due = OpenTime(promise.calendar, case.opened_at).after(promise.target_seconds * SECOND)
            if due is not None and (earliest is None or due < earliest):
                earliest = due
    return earliest
