"""How much did an account use the product on each day?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class AccountDay:
    """What one account used on one day in UTC: quantity and number of events by name, and the last seat count."""

    account: str = ""
    day: int = 0
    events: int = 0
    quantities: dict[str, tuple[int, int]] = field(default_factory=dict)
    last_at: int = 0
    last_event_id: str = ""
    seats_at: int = 0
    seats_event_id: str = ""
    seats_used: int | None = None
    seats_licensed: int | None = None


class Usage(Processor[AccountDay]):
    """Adds usage up by account, day and name, and tells other processors when a day begins, ends or is corrected."""

    name = "usage"
    consumes = (UsageRecorded, UsageSessionEnded, UsageSeatsCounted)
    facts = (UsageDay, EventLate)
    state = AccountDay

    def key(self, event: Event) -> str | None:
        return f"{event.account}/{day_of(event.occurred_at)}" if event.account else None

    def step(self, state: AccountDay, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, TimerFired):
            return (_measured(state, closed=True),)
        late_by = lateness(event, context)
        if late_by:
            return (late_fact(self.name, event.account or "", event, late_by),)
        began = state.events == 0
        state.account, state.day = event.account or "", day_of(event.occurred_at)
        outputs: list[Output] = [_count(state, event)]
        over_at = (state.day + 1) * DAY
        if context.clock >= over_at:
            outputs.append(_measured(state, closed=True))
        elif began:
            outputs += (_measured(state, closed=False), Timer("day over", over_at))
        return outputs


def _count(state: AccountDay, event: Event) -> UsageDay:
    state.events += 1
    state.last_at, state.last_event_id = max((event.occurred_at, event.id), (state.last_at, state.last_event_id))
    match event.data:
        case UsageRecorded(name=name, quantity=quantity):
            pass
        case UsageSessionEnded(duration_seconds=quantity):
            name = SESSIONS
        case _:
            return _count_seats(state, event)
    if name not in state.quantities and _is_full(state):
        name = OTHER
    before, events = state.quantities.get(name, (0, 0))
    state.quantities[name] = (before + quantity, events + 1)
    return UsageDay(account=state.account, name=name, day=state.day, quantity=before + quantity, events=events + 1)


def _is_full(state: AccountDay) -> bool:
    names = state.quantities
    return len(names) >= MOST_NAMES or sum(len(name.encode()) for name in names) >= MOST_NAME_BYTES


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
