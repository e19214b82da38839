"""Will we keep our promises on this ticket?

One cell per ticket. It keeps the ticket's entries within the horizon by event time, and what is older as a story that
no late event may change; every step walks them anew, so that late, repeated and swapped arrivals end in the same facts.
The promise of a running clock follows the ticket's priority and the account's tier as they change, counted from the
wait's start with its pauses kept; a clock that ended keeps the promise of its end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Final, NamedTuple

import msgspec

from processors.accounts import next_terms_at
from processors.contract import LARGEST_CELL_BYTES, Cancel, Close, Context, Everyone, Open, Output, Processor, Timer
from processors.lateness import late_fact, lateness
from processors.settings import limits_at
from processors.sla_clock import read_clock
from processors.sla_course import AGENT_WORK, REQUESTER_WAIT, SUPPLIER, Course
from processors.sla_facts import Moved, Said, Told, changed_outputs, retracted_outputs
from processors.sla_policy import Promises, ever_named_more
from processors.sla_story import (
    ASKED,
    ASSIGNED,
    FIRST_RESPONSE,
    REPLIED,
    RESOLUTION,
    Entry,
    Story,
    Wait,
    entry_of,
    forget_events,
    matters,
    merge_shortest,
    place_of,
)
from schemas.accounts import AccountCreated, AccountUpdated
from schemas.emitted import TimerFired
from schemas.event import Event
from schemas.experts import ExpertReplied
from schemas.facts import EventLate, SlaBreached, SlaClock, SlaWarned
from schemas.settings import SettingsCalendarChanged, SettingsLimitsChanged, SettingsSlaChanged
from schemas.tickets import (
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketMessageAdded,
    TicketOpened,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)

MOST_ENTRIES: Final = 256
MOST_SPANS_BEFORE: Final = 512

_LARGEST_BYTES: Final = LARGEST_CELL_BYTES - 512
_SURELY_SMALL: Final = 12
_FEWEST_ENTRIES: Final = 32  # room is made elsewhere before fewer may still be changed by late ones
_ENCODER: Final = msgspec.msgpack.Encoder()
_NEXT: Final = "next"  # the earliest instant at which something becomes true by itself
_ONCE: Final = (FIRST_RESPONSE, RESOLUTION, REQUESTER_WAIT, AGENT_WORK, SUPPLIER)  # clocks without cycles
_CONTEXT: Final = "context"  # settings, a tier or a contract changed, to be read once the context shows them


class SlaState(msgspec.Struct, array_like=True, gc=False):
    """A ticket's cell. `said` holds, by clock and cycle, what was last said of each wait that is not settled."""

    ticket: str = ""
    account: str | None = None
    account_place: tuple[int, int, str] | None = None
    before: Story = msgspec.field(default_factory=Story)
    entries: list[Entry] = msgspec.field(default_factory=list)
    said: dict[str, dict[int, Said]] = msgspec.field(default_factory=dict)
    wakes_at: int | None = None
    is_open: bool = False
    course: Course | None = None


class Sla(Processor[SlaState]):
    """The clocks of each ticket: its answers, its resolution, and what else the tenant's promises name."""

    name = "sla"
    version = 3  # since a ticket that waits says for whom; cells of the second one hold all but that
    consumes = (
        TicketOpened,
        TicketAssigned,
        TicketMessageAdded,
        TicketStatusChanged,
        TicketPriorityChanged,
        TicketReopened,
        TicketResolved,
        TicketClosed,
        TicketMerged,
        ExpertReplied,
        AccountCreated,
        AccountUpdated,
        SettingsSlaChanged,
        SettingsCalendarChanged,
        SettingsLimitsChanged,
    )
    facts = (SlaClock, SlaBreached, SlaWarned, EventLate)
    looked_up = True
    state = SlaState

    def key(self, event: Event) -> str | Everyone | None:
        """The ticket; every open one of an account whose terms are said, or of the tenant when promises change."""
        data = event.data
        ticket: str | None = getattr(data, "ticket", None)
        if ticket is not None:
            return ticket if matters(data) else None
        if isinstance(data, AccountCreated | AccountUpdated):
            return Everyone("account") if (data.tier, data.contract) != (None, None) else None
        return Everyone("tenant")

    def step(self, state: SlaState, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, TimerFired):
            if event.data.name == _NEXT:
                state.wakes_at = None
                return _tell(state, context, context.clock, _woken(state, event.occurred_at, context))
            return _tell(state, context, context.clock, EVERYTHING)
        entry = entry_of(event)
        if entry is None:
            # The context shows what this record says from the next one on.
            return (Timer(_CONTEXT, context.clock),)
        return _take(state, entry, event, context)


SLA: Final = Sla()


def _take(state: SlaState, entry: Entry, event: Event, context: Context) -> Sequence[Output]:
    state.ticket = event.data.ticket  # type: ignore[attr-defined]
    place = place_of(entry)
    settled = state.before.until
    if settled is not None and place == settled:
        return ()
    late_by = lateness(event, context)
    if late_by or (settled is not None and place < settled):
        return (late_fact(Sla.name, state.ticket, event, late_by),)
    entries = state.entries
    if not entries or place > place_of(entries[-1]):
        entries.append(entry)
    else:
        index = bisect_left(entries, place, key=place_of)
        if place_of(entries[index]) == place:
            return ()
        entries.insert(index, entry)
    change = Change(entry.occurred_at, entry.rank in (ASKED, REPLIED, ASSIGNED))
    account_before = state.account
    if _belongs_to(state, event.account, place):
        change = Change(moved=Moved(account_before))
    elif entry.rank == ASSIGNED and not ever_named_more(context):
        _fit(state)
        return ()
    if not event.backfill:
        return _tell(state, context, context.clock, change)
    # History is told as of itself: what would follow by the clock of today waits until all of it has come.
    past = [each.occurred_at for each in state.entries if each.occurred_at <= context.clock]
    return _tell(state, context, past[-1] if past else context.clock, change, is_history=True)


def _belongs_to(state: SlaState, account: str | None, place: tuple[int, int, str]) -> bool:
    """Gives the ticket to the account that its first event with one names; whether that changed it."""
    if account is None or (state.account_place is not None and place > state.account_place):
        return False
    state.account_place = place
    if account == state.account:
        return False
    state.account = account
    state.is_open = False
    return True


# --- telling --------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """What a step may have changed: from an instant on (None: from ever), perhaps only by somebody's words, or only
    because time passed; a ticket that `moved` to another account has everything said once more.
    """

    since: int | None = None
    by_words: bool = False
    by_time: bool = False
    moved: Moved | None = None

    def touches(self, wait: Wait, said: Said | None, now: int) -> bool:
        """Whether the reading of a wait may be another one than when it was last said."""
        if self.since is None:
            return True
        if wait.ended_at is not None:
            return wait.ended_at >= self.since
        if said is None:
            return True
        if self.by_time:
            return said.next_at is not None and said.next_at <= now
        return not self.by_words or wait.clock not in _ONCE


EVERYTHING: Final = Change()


def _woken(state: SlaState, at: int, context: Context) -> Change:
    """Time alone has passed, unless an entry or terms of the account that were dated ahead have come into their own."""
    terms_at = next_terms_at(context, state.account, at - 1)
    if terms_at is not None and terms_at <= context.clock:
        return EVERYTHING
    is_ahead = bool(state.entries) and state.entries[-1].occurred_at >= at
    return Change(at, by_time=not is_ahead)


def _tell(state: SlaState, context: Context, now: int, change: Change, *, is_history: bool = False) -> Sequence[Output]:
    """Says what is so at `now` and was not said yet."""
    story, waits = _walked(state, now)
    horizon = limits_at(context, context.clock).horizon
    kept: dict[tuple[str, int], None] = {}
    outputs: list[Output] = []
    promises = Promises(context, state.account, story.opened_at or 0)
    if promises.has_more:
        waits += _more_walked(state, now)
    for wait in waits:
        said = state.said.get(wait.clock, {}).get(wait.cycle)
        if change.touches(wait, said, now):
            told = _told(state, story, wait, promises, now)
            if told is None:
                continue
            if said is None:
                said = state.said.setdefault(wait.clock, {})[wait.cycle] = Said()
            outputs += changed_outputs(told, said, change.moved)
        kept[wait.clock, wait.cycle] = None
    outputs += _taken_back(state, kept, change.moved)
    closes_at = _closes_at(state, story, horizon)
    is_over = closes_at is not None and closes_at <= now
    wakes_at = None if is_over else _next_wake(state, closes_at, now)
    if not is_over and promises.by_account:
        terms_at = next_terms_at(context, state.account, now)
        wakes_at = terms_at if wakes_at is None or (terms_at is not None and terms_at < wakes_at) else wakes_at
    outputs += _waking(state, wakes_at, is_over=is_over)
    if not is_history:
        _settle(state, context.clock - horizon)
    _fit(state)
    return outputs


def _next_wake(state: SlaState, closes_at: int | None, now: int) -> int | None:
    """The earliest instant at which a threshold is reached, an entry dated ahead counts, or the ticket is past all."""
    earliest = closes_at
    for cycles in state.said.values():
        for said in cycles.values():
            if said.next_at is not None and (earliest is None or said.next_at < earliest):
                earliest = said.next_at
    if state.entries and state.entries[-1].occurred_at > now:
        ahead_at = next(entry.occurred_at for entry in state.entries if entry.occurred_at > now)
        return ahead_at if earliest is None else min(ahead_at, earliest)
    return earliest


def _walked(state: SlaState, now: int) -> tuple[Story, list[Wait]]:
    """The story as of `now`, and every wait that is not settled."""
    story = state.before.copied()
    waits: list[Wait] = []
    for entry in state.entries:
        if entry.occurred_at > now:
            break
        wait = story.advance(entry)
        if wait is not None:
            waits.append(wait)
    return story, waits + story.open_waits()


def _more_walked(state: SlaState, now: int) -> list[Wait]:
    """The waits of the clocks beyond answers and resolution that are not settled."""
    story, waits = state.before.copied(), list[Wait]()
    course = Course() if state.course is None else copy(state.course)
    for entry in state.entries:
        if entry.occurred_at > now:
            break
        story.advance(entry)
        waits += course.advance(entry, story)
    return waits + course.open_waits(story)


def _told(
    state: SlaState, story: Story, wait: Wait, promises: Promises, now: int, *, read_now: bool = False
) -> Told | None:
    held_at = now if story.stopped_at is None else story.stopped_at
    if wait.ended_at is not None:
        held_at = wait.ended_at
    promise = promises.promise(wait.clock, wait.priority, story.channel, held_at, wait.group)
    if promise is None:
        return None
    running_at = now if read_now else story.set_at
    seen_at = running_at if story.stopped_at is None else story.stopped_at
    reading = read_clock(wait, story.spans, promise, now, max(seen_at, wait.started_at))
    return Told(state.ticket, state.account, story, wait, promise, reading)


def _taken_back(state: SlaState, kept: Mapping[tuple[str, int], None], moved: Moved | None) -> list[Output]:
    outputs: list[Output] = []
    told_to = state.account if moved is None else moved.before
    gone = [(clock, cycle) for clock, cycles in state.said.items() for cycle in cycles if (clock, cycle) not in kept]
    for clock, cycle in gone:
        outputs += retracted_outputs(state.ticket, told_to, clock, cycle, state.said[clock].pop(cycle))
    return outputs


def _closes_at(state: SlaState, story: Story, horizon: int) -> int | None:
    """When a stopped ticket is past all that may still change it; None while somebody waits."""
    if story.opened_at is not None and story.stopped_at is None:
        return None
    last = state.entries[-1].occurred_at if state.entries else None
    if last is None and state.before.until is not None:
        last = state.before.until[0]
    return None if last is None else last + horizon + 1


def read_waits(state: SlaState, context: Context, *, read_now: bool = False) -> list[Told]:
    """Every promised wait that is not settled, as the context's clock finds it; changes nothing.

    What still runs is read when something last bore on it, as its fact is, or at the context's clock (`read_now`).
    """
    now = context.clock
    story, waits = _walked(state, now)
    promises = Promises(context, state.account, story.opened_at or 0)
    if promises.has_more:
        waits += _more_walked(state, now)
    told = [_told(state, story, wait, promises, now, read_now=read_now) for wait in waits]
    return [one for one in told if one is not None]


def _waking(state: SlaState, wakes_at: int | None, *, is_over: bool) -> list[Output]:
    outputs: list[Output] = []
    if is_over:
        if state.is_open:
            state.is_open = False
            outputs.append(Close())
    elif not state.is_open:
        state.is_open = True
        outputs.append(Open(state.account or ""))
    if wakes_at != state.wakes_at:
        state.wakes_at = wakes_at
        outputs.append(Cancel(_NEXT) if wakes_at is None else Timer(_NEXT, wakes_at))
    return outputs


# --- settling -------------------------------------------------------------------------------------------------------


def _settle(state: SlaState, horizon_at: int) -> None:
    """Entries before the horizon become part of the story that no late event may change."""
    if not state.entries or state.entries[0].occurred_at >= horizon_at:
        return
    settled = bisect_left(state.entries, (horizon_at, -1, ""), key=place_of)
    _settle_oldest(state, settled)


def _settle_oldest(state: SlaState, count: int) -> None:
    if count and state.course is None:
        state.course = Course()
    for entry in state.entries[:count]:
        wait = state.before.advance(entry)
        ended = state.course.advance(entry, state.before) if state.course is not None else ()
        for one in ended if wait is None else (wait, *ended):
            state.said.get(one.clock, {}).pop(one.cycle, None)
    del state.entries[:count]


def _fit(state: SlaState) -> None:
    """Keeps the cell small: of status changes before the horizon the instants outlast the events that made them.

    What is beyond its limits is settled early, oldest first. Of more than MOST_SPANS_BEFORE status changes the shortest
    are told as if the status before them had lasted: only a ticket that changes it hundreds of times gets there.
    """
    if len(state.entries) > MOST_ENTRIES:
        _settle_oldest(state, len(state.entries) - MOST_ENTRIES)
    spans = state.before.spans
    while len(spans) > MOST_SPANS_BEFORE:
        merge_shortest(spans)
    if len(state.entries) + len(spans) < _SURELY_SMALL:
        return
    while len(_ENCODER.encode(state)) > _LARGEST_BYTES:
        if forget_events(spans):
            continue
        if len(state.entries) > _FEWEST_ENTRIES or (state.entries and len(spans) <= 2):
            _settle_oldest(state, 1 + len(state.entries) // 8)
        elif len(spans) > 2:
            merge_shortest(spans)
        else:
            return
