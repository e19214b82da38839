"""What a schema cannot say of a record, and no door takes: data that hold their types and cannot be meant.

Only doors ask. A journal that holds such a record is read as ever, and each processor knows what to make of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from processors.calendars import ALWAYS_OPEN, CalendarError, calendar_from_values
from schemas.event import Data
from schemas.experts import ExpertCorrected
from schemas.reasons import Refusal
from schemas.settings import SettingsCalendarChanged, SettingsCreditsChanged, SettingsSlaChanged
from schemas.tickets import TicketCsatAnswered, TicketMerged
from schemas.values import PRIORITIES


def refuse_contradictions(data: Data) -> None:
    """Raises Refusal, saying where, for data that contradict themselves."""
    asked = _ASKED.get(type(data))
    if asked is not None:
        asked(data)


def _rating(data: TicketCsatAnswered) -> None:
    if data.score > data.scale:
        raise _refusal(f"a score of {data.score} does not fit a scale to {data.scale}", "score")


def _merged(data: TicketMerged) -> None:
    if data.into == data.ticket:
        raise _refusal(f"ticket {data.ticket!r} cannot be merged into itself", "into")


def _corrected(data: ExpertCorrected) -> None:
    if data.field == "priority" and data.value not in PRIORITIES:
        raise _refusal(f"{data.value!r} is no priority; it is one of {', '.join(PRIORITIES)}", "value")


def _calendar(data: SettingsCalendarChanged) -> None:
    if data.name == ALWAYS_OPEN.name:
        raise _refusal(f"{data.name!r} is the calendar that never closes; give yours another name", "name")
    hours = [(one.weekday, one.start, one.end) for one in data.hours]
    try:
        calendar_from_values(data.name, data.zone, hours, [(one.date, one.hours) for one in data.holidays])
    except CalendarError as error:
        raise _refusal(str(error)) from error
    except ValueError as error:
        raise _refusal(str(error), "zone") from error


def _promises(data: SettingsSlaChanged) -> None:
    _refuse_repeated("policies", [policy.name for policy in data.policies])
    for policy in data.policies:
        named = [(target.clock, group) for target in policy.targets for group in target.groups or ("",)]
        twice = _repeated(named)
        if twice is not None:
            raise _refusal(f"policy {policy.name!r} has two targets for the clock {twice[0]}", "policies")


def _credits(data: SettingsCreditsChanged) -> None:
    _refuse_repeated("rules", [rule.name for rule in data.rules])


_ASKED: Final[Mapping[type[Data], Callable[[Any], None]]] = {
    TicketCsatAnswered: _rating,
    TicketMerged: _merged,
    ExpertCorrected: _corrected,
    SettingsCalendarChanged: _calendar,
    SettingsSlaChanged: _promises,
    SettingsCreditsChanged: _credits,
}


def _refuse_repeated(field: str, names: Iterable[str]) -> None:
    twice = _repeated(names)
    if twice is not None:
        raise _refusal(f"two of `{field}` are called {twice!r}; every answer names the one it follows from", field)


def _repeated(values: Iterable[Any]) -> Any | None:
    return next((value for value, count in Counter(values).items() if count > 1), None)


def _refusal(detail: str, field: str = "") -> Refusal:
    return Refusal("invalid_data", detail, f"data.{field}" if field else "data")
