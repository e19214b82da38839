"""How much did an account use the product on each day?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.account_day import day_begins_at
from processors.contract import Context, Emit, Output, Processor, Timer
from processors.lateness import late_fact, lateness
from schemas.emitted import TimerFired, UsageMeasured
from schemas.event import Event, unchecked
from schemas.facts import EventLate, UsageDay
from schemas.instant import DAY, day_of
from schemas.usage import UsageRecorded, UsageSeatsCounted, UsageSessionEnded

SESSIONS = "session.seconds"
SEATS = "seats.used"

# Further names of one account-day are counted together under this one, so that a cell stays small.
OTHER = "other"
MOST_NAMES = 200
MOST_NAME_BYTES = 11_000
LONGEST_NAME = 128  # characters, as the schema has it; each takes up to four bytes


class AccountDay(msgspec.Struct, array_like=True, gc=False):
    """What one account used on one day in UTC: quantity and number of events by name, and the last seat count."""

    account: str = ""
    day: int = 0
    events: int = 0
    quantities: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    last_at: int = 0
    last_event_id: str = ""
    seats_at: int = 0
    seats_event_id: str = ""
    seats_used: int | None = None
    seats_licensed: int | None = None


class Usage(Processor[AccountDay]):
    """Adds usage up by account, day and name, and tells other processors when a day begins, ends or is corrected."""

    name = "usage"
    version = 2  # since an account's day begins at an instant of its own
    consumes = (UsageRecorded, UsageSessionEnded, UsageSeatsCounted)
    facts = (UsageDay, EventLate)
    state = AccountDay

    def key(self, event: Event) -> str | None:
        account = event.account
        return f"{account}/{event.occurred_at // DAY}" if account else None

    def step(self, state: AccountDay, event: Event, context: Context) -> Sequence[Output]:
        if type(event.data) is TimerFired:
            return (_measured(state, closed=True),)
        late_by = lateness(event, context)
        if late_by:
            return (late_fact(self.name, event.account or "", event, late_by),)
        began = state.events == 0
        if began:
            state.account, state.day = event.account or "", day_of(event.occurred_at)
        counted = _count(state, event)
        over_at = day_begins_at(state.account, state.day + 1)
        if context.clock >= over_at:
            return counted, _measured(state, closed=True)
        return (counted, _measured(state, closed=False), Timer("day over", over_at)) if began else (counted,)


def _count(state: AccountDay, event: Event) -> UsageDay:
    state.events += 1
    at = event.occurred_at
    if at > state.last_at or (at == state.last_at and event.id > state.last_event_id):
        state.last_at, state.last_event_id = at, event.id
    data = event.data
    if isinstance(data, UsageRecorded):
        name, quantity = data.name, data.quantity
    elif isinstance(data, UsageSessionEnded):
        name, quantity = SESSIONS, data.duration_seconds
    else:
        return _count_seats(state, event)
    known = state.quantities.get(name)
    if known is None and _is_full(state):
        name = OTHER
        known = state.quantities.get(name)
    events = 1
    if known is not None:
        quantity, events = known[0] + quantity, known[1] + 1
    state.quantities[name] = (quantity, events)
    return UsageDay(account=state.account, name=name, day=state.day, quantity=quantity, events=events)


def _is_full(state: AccountDay) -> bool:
    names = state.quantities
    if 4 * LONGEST_NAME * len(names) < MOST_NAME_BYTES:
        return False
    return len(names) >= MOST_NAMES or sum([len(name.encode()) for name in names]) >= MOST_NAME_BYTES


def _count_seats(state: AccountDay, event: Event) -> UsageDay:
    """Seats are a level, not an amount: the last count of the day holds."""
    _, events = state.quantities.get(SEATS, (0, 0))
    if isinstance(event.data, UsageSeatsCounted) and (event.occurred_at, event.id) >= (
        state.seats_at,
        state.seats_event_id,
    ):
        state.seats_at, state.seats_event_id = event.occurred_at, event.id
        state.seats_used, state.seats_licensed = event.data.used, event.data.licensed
    used = state.seats_used or 0
    state.quantities[SEATS] = (used, events + 1)
    return UsageDay(account=state.account, name=SEATS, day=state.day, quantity=used, events=events + 1)


def _measured(state: AccountDay, *, closed: bool) -> Emit:
    seconds, _ = state.quantities.get(SESSIONS, (0, 0))
    data = unchecked(
        UsageMeasured,
        day=state.day,
        events=state.events if closed else 0,
        closed=closed,
        event_id=state.last_event_id,
        session_seconds=seconds if closed else 0,
        seats_used=state.seats_used,
        seats_licensed=state.seats_licensed,
    )
    return Emit(data, state.account)


USAGE = Usage()
