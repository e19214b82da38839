"""Which promise holds for a clock of a ticket?

The first policy whose conditions hold counts, out of those in force when the ticket was opened; an empty condition
holds for everything. A policy without a target for the clock promises nothing for it. An unknown tier or contract
meets no condition of it. A calendar that nobody defined, or that cannot be used, counts as always open: nobody loses a
promise over a misspelt name, and the fact then says `always`.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Final, NamedTuple

from processors.accounts import terms_at
from processors.calendars import ALWAYS_OPEN, Calendar, CalendarError, calendar_from_values
from processors.contract import Context
from processors.settings import CalendarSetting, Policy, Target, calendar_at, every_policies, policies_at
from processors.sla_course import ALWAYS_PAUSED_ON, INTERNAL
from processors.sla_story import WAITING, status_and_reason
from schemas.instant import SECOND

BREACH_PERCENT: Final = 100
_SECOND_PERCENT_US: Final = 10_000  # one percent of a second
_CALENDARS_KEPT: Final = 256
_PROMISES_KEPT: Final = 1_024


class Promise(NamedTuple):
    """What one policy promises for one clock.

    `thresholds` are (open microseconds, mark), the target last. A mark is the percentage of the target that is used up,
    100 for the target itself, or, below zero, how many seconds of business time before it are left. `calendar_named` is
    what the policy calls its calendar, which nobody may have defined.
    """

    policy: str
    calendar: Calendar
    target_seconds: int
    paused_on: tuple[str, ...]
    thresholds: tuple[tuple[int, int], ...]
    paused_reasons: tuple[str, ...] = ()
    paused_words: frozenset[str] = frozenset()
    calendar_named: str = ""

    def pauses(self, status: str) -> bool:
        """Whether the clock stands still in a status of a story; a reason that is the status's own name is not told."""
        name, reason = status_and_reason(status)
        if name in self.paused_on:
            return True
        return bool(self.paused_words) and name in WAITING and _plain(reason or name) in self.paused_words


def _plain(reason: str) -> str:
    """A helpdesk's name for a status as people compare it: `On hold` and `on_hold` are one."""
    return reason.casefold().replace("_", " ")


def fits_account(policy: Policy, terms: tuple[str | None, str | None]) -> bool:
    """Whether a policy holds for accounts of this tier and contract."""
    tier, contract = terms
    return (not policy.tiers or tier in policy.tiers) and (not policy.contracts or contract in policy.contracts)


class Promises:
    """What the context promises a ticket of an account that was opened at an instant."""

    __slots__ = ("_account", "_context", "_opened_at", "_policies")

    def __init__(self, context: Context, account: str | None, opened_at: int) -> None:
        self._context = context
        self._account = account
        self._opened_at = opened_at
        self._policies = policies_at(context, opened_at)

    @property
    def has_more(self) -> bool:
        """Whether some clock beyond answers and resolution is promised."""
        return names_more(self._policies)

    @property
    def by_account(self) -> bool:
        """Whether some promise holds for some tiers or contracts only."""
        return _asked(self._policies).by_account

    def promise(self, clock: str, priority: str, channel: str, at: int, group: str = "") -> Promise | None:
        """The promise for a clock, with the account's terms at that instant; None where nothing is promised."""
        terms: tuple[str | None, str | None] | None = None
        for policy in self._policies:
            if policy.priorities and priority not in policy.priorities:
                continue
            if policy.channels and channel not in policy.channels:
                continue
            if policy.tiers or policy.contracts:
                terms = terms or terms_at(self._context, self._account, at)
                if not fits_account(policy, terms):
                    continue
            for target in policy.targets:
                if target.clock == clock and (not target.groups or group in target.groups or clock != INTERNAL):
                    setting = calendar_at(self._context, policy.calendar, self._opened_at)
                    return _promise(policy, target, usable_calendar(setting))
            return None
        return None


# Only speed-ups: by identity, because hashing a calendar of 500 holidays costs more than the arithmetic on it. The
# setting is held beside what was made of it, so that its identity cannot be given to another.
_built: Final[OrderedDict[int, tuple[CalendarSetting, Calendar]]] = OrderedDict()
_promised: Final[OrderedDict[tuple[int, int], tuple[Policy, Target, Promise]]] = OrderedDict()
_known: Final[OrderedDict[int, _Asked]] = OrderedDict()


def _promise(policy: Policy, target: Target, calendar: Calendar) -> Promise:
    held = _promised.get((id(target), id(calendar)))
    if held is not None and held[0] is policy and held[1] is target and held[2].calendar is calendar:
        return held[2]
    warnings = {(target.target_seconds * _SECOND_PERCENT_US * percent, percent) for percent in target.warn_percent}
    warnings |= {((target.target_seconds - left) * SECOND, -left) for left in target.warn_before_seconds}
    thresholds = (*sorted(warnings), (target.target_seconds * SECOND, BREACH_PERCENT))
    paused_on = (*ALWAYS_PAUSED_ON.get(target.clock, ()), *target.paused_on)
    reasons = target.paused_reasons
    words = frozenset(_plain(reason) for reason in reasons)
    promise = Promise(
        policy.name, calendar, target.target_seconds, paused_on, thresholds, reasons, words, policy.calendar
    )
    _promised[id(target), id(calendar)] = policy, target, promise
    if len(_promised) > _PROMISES_KEPT:
        _promised.popitem(last=False)
    return promise


class _Asked(NamedTuple):
    """What is asked of promises at every step."""

    policies: tuple[Policy, ...]
    names_more: bool
    by_account: bool


def names_more(policies: tuple[Policy, ...]) -> bool:
    """Whether these promises name a clock beyond answers and resolution."""
    return _asked(policies).names_more


def _asked(policies: tuple[Policy, ...]) -> _Asked:
    held = _known.get(id(policies))
    if held is not None and held.policies is policies:
        return held
    more = any(target.clock in ALWAYS_PAUSED_ON for policy in policies for target in policy.targets)
    found = _Asked(policies, more, any(policy.tiers or policy.contracts for policy in policies))
    _known[id(policies)] = found
    if len(_known) > _PROMISES_KEPT:
        _known.popitem(last=False)
    return found


def ever_named_more(context: Context) -> bool:
    """Whether the tenant ever promised, for whatever time, a clock beyond answers and resolution."""
    return any(names_more(policies) for policies in every_policies(context))


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
