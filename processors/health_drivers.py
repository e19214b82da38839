"""The five driver groups of the health score: each a whole number from 0 to 100 with the events behind it.

Every rule works on whole numbers and whole days, so that the same behaviour gives the same value in any order of
arrival. A group nothing is known of counts as stated beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from processors.behaviour import Behaviour
from schemas.instant import DAY, day_of

GROUPS = ("usage", "support", "sentiment", "commercial", "engagement")
MOST_EVENT_IDS = 5

# What the default score expects of a group until something is known of it.
EXPECTED: Mapping[str, int] = {"usage": 50, "support": 85, "sentiment": 70, "commercial": 70, "engagement": 50}


# Of a group nothing is known of; and of one whose last word is older than what is kept.
UNKNOWN_DAY = -1
LONG_AGO_DAY = 0


class Driver(NamedTuple):
    """One group's value, the ids of the latest events behind it, newest first, and the day of the latest."""

    value: int
    event_ids: tuple[str, ...]
    latest_day: int = UNKNOWN_DAY


def driver(group: str, behaviour: Behaviour, today: int) -> Driver:
    """One group's value as of a day."""
    return _RULES[group](behaviour, today)


def usage_in(behaviour: Behaviour, first: int, last: int) -> int:
    """Events on the closed days from `first` to `last`, both included."""
    usage = behaviour.usage
    if not usage:
        return 0
    return sum([usage[day][0] for day in range(first, last + 1) if day in usage])


def active_days(behaviour: Behaviour, today: int, days: int) -> int:
    """Closed days with any use among the last so many before today."""
    usage = behaviour.usage
    return len([day for day in range(today - days, today) if day in usage])


def _usage(behaviour: Behaviour, today: int) -> Driver:
    """The last seven days against the weekly average of the four weeks before."""
    if not behaviour.ever_used:
        return Driver(EXPECTED["usage"], ())
    recent = usage_in(behaviour, today - 7, today - 1)
    before = usage_in(behaviour, today - 35, today - 8)
    used_today = behaviour.last_used is not None and behaviour.last_used[0] >= today
    alive = 100 if recent or used_today else 0
    value = min(100, 400 * recent // before) if before else alive
    return Driver(value, _latest_usage(behaviour), _last_used_day(behaviour))


def _last_used_day(behaviour: Behaviour) -> int:
    return behaviour.last_used[0] if behaviour.last_used is not None else LONG_AGO_DAY


def _latest_usage(behaviour: Behaviour) -> tuple[str, ...]:
    newest = sorted(behaviour.usage, reverse=True)[:MOST_EVENT_IDS]
    ids = [behaviour.usage[day][1] for day in newest]
    if behaviour.last_used is not None and behaviour.last_used[0] not in behaviour.usage:
        ids.insert(0, behaviour.last_used[1])
    return tuple(ids[:MOST_EVENT_IDS])


def _support(behaviour: Behaviour, today: int) -> Driver:
    """100 less what open tickets, many tickets, reopened ones and broken promises of the last 30 days cost."""
    if not behaviour.ever_asked:
        return Driver(EXPECTED["support"], ())
    since = (today - 30) * DAY
    waiting = asked = reopened = broken = 0
    entries = []
    for opened_at, solved_at, times_reopened, event_id, _ in behaviour.tickets.values():
        waiting += solved_at is None
        asked += opened_at >= since
        reopened += times_reopened
        entries.append((opened_at, event_id))
    for entry in behaviour.breaches.values():
        broken += entry[0] >= since
        entries.append(entry)
    cost = min(32, 8 * waiting) + min(24, 4 * max(0, asked - 2)) + min(20, 10 * reopened) + min(45, 15 * broken)
    return Driver(max(0, 100 - cost), _latest(entries), _latest_day(entries))


def _sentiment(behaviour: Behaviour, today: int) -> Driver:
    """The mean of what customers said on a scale, in percent: the last 30 days count four times, 90 days twice."""
    if not behaviour.voices:
        return Driver(EXPECTED["sentiment"], ())
    total = weights = 0
    for at, percent, _ in behaviour.voices.values():
        age = today - day_of(at)
        weight = 4 if age <= 30 else 2 if age <= 90 else 1 if age <= 180 else 0
        total += weight * percent
        weights += weight
    if not weights:
        return Driver(EXPECTED["sentiment"], ())
    entries = [(at, event_id) for at, _, event_id in behaviour.voices.values()]
    return Driver(total // weights, _latest(entries), _latest_day(entries))


def _commercial(behaviour: Behaviour, today: int) -> Driver:
    """From 75: a renewal, an expansion or a contraction of the last 180 days, and how near the next renewal is."""
    if behaviour.churned is not None:
        return Driver(0, (behaviour.churned[1],), day_of(behaviour.churned[0]))
    entries = list(behaviour.moves.values())
    value = 75 if entries or behaviour.renewal else EXPECTED["commercial"]
    worth = {"renewed": 15, "expanded": 20, "contracted": -35}
    value += sum(worth[name] for name, (at, _) in behaviour.moves.items() if today - day_of(at) <= 180)
    if behaviour.renewal is not None:
        at, event_id, renewal_at = behaviour.renewal
        entries.append((at, event_id))
        days_left = (renewal_at - today * DAY) // DAY
        value -= 15 if 0 <= days_left <= 30 else 5 if 0 <= days_left <= 90 else 0
    latest_day = _latest_day(entries) if entries else UNKNOWN_DAY
    return Driver(max(0, min(100, value)), _latest(entries), latest_day)


def _engagement(behaviour: Behaviour, today: int) -> Driver:
    """How many of the last 28 days saw any use (16 are full marks), averaged with the share of seats in use."""
    if not behaviour.ever_used:
        return Driver(EXPECTED["engagement"], ())
    value = min(100, 100 * active_days(behaviour, today, 28) // 16)
    ids, latest_day = _latest_usage(behaviour), _last_used_day(behaviour)
    if behaviour.seats is not None:
        seats_day, used, licensed, event_id = behaviour.seats
        latest_day = max(latest_day, seats_day)
        value = (value + min(100, 100 * used // licensed)) // 2
        ids = _first((event_id, *ids))
    return Driver(value, ids, latest_day)


def _latest_day(entries: list[tuple[int, str]]) -> int:
    return day_of(max(entries)[0]) if entries else LONG_AGO_DAY


def _latest(entries: list[tuple[int, str]]) -> tuple[str, ...]:
    entries.sort(reverse=True)
    return _first([event_id for _, event_id in entries[: 2 * MOST_EVENT_IDS]])


def _first(event_ids: Iterable[str]) -> tuple[str, ...]:
    """One event may tell two things, and is named once."""
    return tuple(dict.fromkeys(event_ids))[:MOST_EVENT_IDS]


_RULES: Mapping[str, Callable[[Behaviour, int], Driver]] = {
    "usage": _usage,
    "support": _support,
    "sentiment": _sentiment,
    "commercial": _commercial,
    "engagement": _engagement,
}
