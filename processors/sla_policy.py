"""Which promise holds for a clock of a ticket?

The first policy whose conditions hold counts, out of those in force when the ticket was opened; an empty condition
holds for everything. A policy without a target for the clock promises nothing for it. An unknown tier meets no tier
condition. A calendar that nobody defined, or that cannot be used, counts as always open: nobody loses a promise over a
misspelt name, and the fact then says `always`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from processors.accounts import tier_at
from processors.calendars import ALWAYS_OPEN, Calendar, CalendarError, calendar_from_values
from processors.contract import Context
from processors.settings import CalendarSetting, Policy, Target, calendar_at, policies_at

BREACH_PERCENT: Final = 100
_SECOND_PERCENT_US: Final = 10_000  # one percent of a second
_CALENDARS_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Promise:
    """What one policy promises for one clock. `thresholds` are (open microseconds, percent), the target (100) last."""

    policy: str
    calendar: Calendar
    target_seconds: int
    paused_on: tuple[str, ...]
    thresholds: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Promises:
    """The policies in force for one ticket; `tier_at` tells its account's tier at an instant."""

    policies: Sequence[Policy]
    calendar: Callable[[str], Calendar]
    tier_at: Callable[[int], str | None]

    def promise(self, clock: str, priority: str, channel: str, at: int) -> Promise | None:
        """The promise for a clock, with the tier at that instant; None where nothing is promised."""
        tier = self.tier_at(at)
        for policy in self.policies:
            if policy.priorities and priority not in policy.priorities:
                continue
            if policy.channels and channel not in policy.channels:
                continue
            if policy.tiers and tier not in policy.tiers:
                continue
            for target in policy.targets:
                if target.clock == clock:
                    return _promise(policy.name, target, self.calendar(policy.calendar))
            return None
        return None


def promises_for(context: Context, account: str | None, opened_at: int) -> Promises:
    """What the context promises a ticket of this account that was opened at this instant."""

    def calendar(name: str) -> Calendar:
        return usable_calendar(calendar_at(context, name, opened_at))

    def tier(at: int) -> str | None:
        return tier_at(context, account, at)

    return Promises(policies_at(context, opened_at), calendar, tier)


@lru_cache(maxsize=1_024)
def _promise(policy: str, target: Target, calendar: Calendar) -> Promise:
    percents = [*sorted(set(target.warn_percent)), BREACH_PERCENT]
    thresholds = tuple((target.target_seconds * _SECOND_PERCENT_US * percent, percent) for percent in percents)
    return Promise(policy, calendar, target.target_seconds, target.paused_on, thresholds)


# Only speed-ups: by identity, because hashing a calendar of 500 holidays costs more than the arithmetic on it. The
# setting is held beside its calendar, so that its identity cannot be given to another.
_built: Final[OrderedDict[int, tuple[CalendarSetting, Calendar]]] = OrderedDict()


def usable_calendar(setting: CalendarSetting | None) -> Calendar:
    """The calendar a setting describes; `ALWAYS_OPEN` where there is none or it cannot be used."""
    if setting is None:
        return ALWAYS_OPEN
    held = _built.get(id(setting))
    if held is not None and held[0] is setting:
        return held[1]
    calendar = _one_of_equals(_calendar(setting))
    _built[id(setting)] = setting, calendar
    if len(_built) > _CALENDARS_KEPT:
        _built.popitem(last=False)
    return calendar


def _calendar(setting: CalendarSetting) -> Calendar:
    hours = [(one.weekday, one.start, one.end) for one in setting.hours]
    try:
        return calendar_from_values(
            setting.name, setting.zone, hours, [(one.date, one.hours) for one in setting.holidays]
        )
    except CalendarError:
        return ALWAYS_OPEN


@lru_cache(maxsize=_CALENDARS_KEPT)
def _one_of_equals(calendar: Calendar) -> Calendar:
    return calendar
