"""What did an account do lately? All that health looks at, kept so that the order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from schemas import accounts as said
from schemas.emitted import SlaBreachHappened, TicketChanged, UsageMeasured
from schemas.event import Event
from schemas.feedback import SCALE_BOUNDS, FeedbackGiven
from schemas.instant import DAY, day_of

# Days of history each part looks back; older entries change nothing any more and are dropped.
USAGE_DAYS = 63
TICKET_DAYS = 30
VOICE_DAYS = 180
MOVE_DAYS = 180
MOST_ENTRIES = 40
MOST_UNSCORED = 16

# An entry begins with its instant.
E = TypeVar("E", bound=tuple[Any, ...])


class Behaviour(msgspec.Struct, array_like=True, gc=False):
    """Entries by what they speak of. Instants are microseconds, days count from 1970-01-01 in UTC."""

    usage: dict[int, tuple[int, str]] = msgspec.field(default_factory=dict)
    last_used: tuple[int, str] | None = None
    seats: tuple[int, int, int, str] | None = None
    # When opened and solved, how often reopened, and by which event it last did so, when.
    tickets: dict[str, tuple[int, int | None, int, str, int]] = msgspec.field(default_factory=dict)
    breaches: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)
    voices: dict[str, tuple[int, int, str]] = msgspec.field(default_factory=dict)
    moves: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)
    renewal: tuple[int, str, int] | None = None
    churned: tuple[int, str] | None = None
    ever_used: bool = False
    ever_asked: bool = False
    # Of everything but broken promises, which may turn out to have been kept.
    last_at: int = 0
    # Of what is told by neither a promise nor how a ticket stands.
    counted_at: int = 0
    # Feedback that was last said without a score: an older score of it that comes late counts no more.
    unscored: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)


def heard_at(behaviour: Behaviour) -> int:
    """When the latest thing happened that is known of the account."""
    return max(behaviour.last_at, 0, *[at for at, _ in behaviour.breaches.values()])


def latest_at(behaviour: Behaviour) -> int:
    """When the latest thing happened that counts."""
    told = [at for at, _ in behaviour.breaches.values()] + [entry[4] for entry in behaviour.tickets.values()]
    return max(behaviour.counted_at, 0, *told)


def note(behaviour: Behaviour, event: Event) -> bool:
    """Takes down what an event says; whether any of it counts, which most of what happens to a ticket does not."""
    data = event.data
    if isinstance(data, TicketChanged):
        return _note_ticket(behaviour, data)
    match data:
        case UsageMeasured():
            _note_usage(behaviour, data)
        case SlaBreachHappened(ticket=ticket, clock=clock, cycle=cycle, breached_at=at, retracted=retracted):
            name = f"{ticket}/{clock}/{cycle}"
            if retracted:
                behaviour.breaches.pop(name, None)
            else:
                behaviour.breaches[name] = (at, data.event_id)
                behaviour.breaches = _newest(behaviour.breaches)
        case FeedbackGiven(feedback=feedback, scale=scale, score=score):
            _hear(behaviour, event.occurred_at)
            if scale is not None and score is not None:
                low, high = SCALE_BOUNDS[scale]
                _note_voice(behaviour, feedback, event.occurred_at, int(100 * (score - low) // (high - low)), event.id)
            else:
                _take_back(behaviour, feedback, (event.occurred_at, event.id))
        case _:
            _note_account(behaviour, event)
    return True


def _hear(behaviour: Behaviour, at: int) -> None:
    behaviour.last_at, behaviour.counted_at = max(behaviour.last_at, at), max(behaviour.counted_at, at)


def _note_usage(behaviour: Behaviour, measured: UsageMeasured) -> None:
    behaviour.ever_used = True
    _hear(behaviour, measured.day * DAY)
    if measured.closed:
        behaviour.usage[measured.day] = (measured.events, measured.event_id)
    if behaviour.last_used is None or measured.day >= behaviour.last_used[0]:
        behaviour.last_used = (measured.day, measured.event_id)
    used, licensed = measured.seats_used, measured.seats_licensed
    if used is not None and licensed and (behaviour.seats is None or measured.day >= behaviour.seats[0]):
        behaviour.seats = (measured.day, used, licensed, measured.event_id)


def _note_ticket(behaviour: Behaviour, changed: TicketChanged) -> bool:
    behaviour.ever_asked = True
    behaviour.last_at = max(behaviour.last_at, changed.updated_at)
    moved_at = changed.updated_at if changed.moved_at is None else changed.moved_at
    entry = changed.opened_at, changed.solved_at, changed.reopened, changed.event_id, moved_at
    counts = behaviour.tickets.get(changed.ticket) != entry
    if counts:
        behaviour.tickets[changed.ticket] = entry
        behaviour.tickets = _newest(behaviour.tickets)
    if changed.csat_percent is not None and changed.csat_at is not None:
        said_by = changed.csat_event_id or changed.event_id
        return (
            _note_voice(behaviour, f"csat {changed.ticket}", changed.csat_at, changed.csat_percent, said_by) or counts
        )
    return counts


def _note_voice(behaviour: Behaviour, name: str, at: int, percent: int, event_id: str) -> bool:
    known, entry = behaviour.voices.get(name), (at, percent, event_id)
    if known is not None and (known == entry or (at, event_id) < (known[0], known[2])):
        return False
    if (at, event_id) < behaviour.unscored.get(name, (0, "")):
        return False
    behaviour.counted_at = max(behaviour.counted_at, at)
    behaviour.voices[name] = entry
    behaviour.voices = _newest(behaviour.voices)
    return True


def _take_back(behaviour: Behaviour, feedback: str, place: tuple[int, str]) -> None:
    """The same feedback was said again without a score: the one before it counts no more."""
    known = behaviour.voices.get(feedback)
    if known is not None and (known[0], known[2]) < place:
        del behaviour.voices[feedback]
    behaviour.unscored[feedback] = max(behaviour.unscored.get(feedback, place), place)
    behaviour.unscored = _newest(behaviour.unscored, MOST_UNSCORED)


def _note_account(behaviour: Behaviour, event: Event) -> None:
    at, event_id = event.occurred_at, event.id
    _hear(behaviour, at)
    renewal_at = getattr(event.data, "renewal_at", None)
    if renewal_at is not None and (behaviour.renewal is None or (at, event_id) >= behaviour.renewal[:2]):
        behaviour.renewal = (at, event_id, renewal_at)
    match event.data:
        case said.AccountRenewed():
            _note_move(behaviour, "renewed", at, event_id)
        case said.AccountExpanded():
            _note_move(behaviour, "expanded", at, event_id)
        case said.AccountContracted():
            _note_move(behaviour, "contracted", at, event_id)


def _note_move(behaviour: Behaviour, name: str, at: int, event_id: str) -> None:
    behaviour.moves[name] = max(behaviour.moves.get(name, (0, "")), (at, event_id))


def forget(behaviour: Behaviour, today: int) -> None:
    """Drops what is too old to matter from this day on; of too many, the oldest."""
    behaviour.usage = {day: entry for day, entry in behaviour.usage.items() if today - day <= USAGE_DAYS}
    behaviour.tickets = _newest(
        {
            name: entry
            for name, entry in behaviour.tickets.items()
            if entry[1] is None or today - day_of(max(entry[0], entry[1])) <= TICKET_DAYS
        }
    )
    behaviour.breaches = _newest(_recent(behaviour.breaches, today - TICKET_DAYS))
    behaviour.voices = _newest(_recent(behaviour.voices, today - VOICE_DAYS))
    behaviour.unscored = _recent(behaviour.unscored, today - VOICE_DAYS)
    behaviour.moves = _recent(behaviour.moves, today - MOVE_DAYS)


def _recent(entries: Mapping[str, E], first_day: int) -> dict[str, E]:
    return {name: entry for name, entry in entries.items() if day_of(entry[0]) >= first_day}


def _newest(entries: dict[str, E], most: int = MOST_ENTRIES) -> dict[str, E]:
    if len(entries) <= most:
        return entries
    kept = sorted(entries, key=lambda name: (entries[name][0], name))[-most:]
    return {name: entries[name] for name in kept}
