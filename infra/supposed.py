"""Settings that are only supposed, as people hand them in: read, judged, and refused with the line that is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from processors.calendars import CalendarError, calendar_from_values
from replay.supposing import SUPPOSABLE
from schemas.accounts import AccountUpdated
from schemas.decode import decode
from schemas.event import Event
from schemas.reasons import Refusal
from schemas.settings import SettingsCalendarChanged

MOST_SUPPOSED = 1_000


class NotSupposable(ValueError):
    """What was handed in cannot be supposed: where, why, and what can."""


def supposed(lines: Sequence[str], tenant: str) -> list[Event]:
    """The events of these lines (CloudEvents in JSON, one a line). Raises NotSupposable for the first that is wrong."""
    found = [_event(number, line, tenant) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise NotSupposable("nothing is supposed: hand in one event a line, such as `millrace sla calendar` writes")
    if len(found) > MOST_SUPPOSED:
        raise NotSupposable(f"{len(found):,} events; at most {MOST_SUPPOSED:,} are taken")
    ids: dict[str, int] = {}
    for number, event in enumerate(found, 1):
        if event.id in ids:
            raise NotSupposable(f"events {ids[event.id]} and {number} have the same id {event.id!r}: give each its own")
        ids[event.id] = number
    return sorted(found, key=lambda event: (event.occurred_at, event.id))


def _event(number: int, line: str, tenant: str) -> Event:
    try:
        event = decode(line.encode())
    except Refusal as refusal:
        place = f" ({refusal.where})" if refusal.where else ""
        raise NotSupposable(f"line {number}: {refusal.reason}: {refusal.detail}{place}") from refusal
    data = event.data
    if not isinstance(data, SUPPOSABLE):
        kinds = ", ".join(kind.type for kind in SUPPOSABLE)
        raise NotSupposable(f"line {number}: {event.type} decides no promise; these can be supposed: {kinds}")
    if event.tenant and event.tenant != tenant:
        raise NotSupposable(f"line {number}: it names the tenant {event.tenant!r}, and {tenant!r} is asked about")
    if isinstance(data, AccountUpdated):
        _require_tier(number, event, data)
    if isinstance(data, SettingsCalendarChanged):
        _require_usable(number, data)
    return event


def _require_tier(number: int, event: Event, data: AccountUpdated) -> None:
    said = sorted(data.model_dump(exclude_none=True, exclude_defaults=True))
    if said != ["tier"]:
        raise NotSupposable(f"line {number}: of an account only its `tier` can be supposed; it says {', '.join(said)}")
    if event.account is None:
        raise NotSupposable(f"line {number}: it says a tier, but not of whom: name the `account`")


def _require_usable(number: int, data: SettingsCalendarChanged) -> None:
    hours = [(one.weekday, one.start, one.end) for one in data.hours]
    try:
        calendar_from_values(data.name, data.zone, hours, [(one.date, one.hours) for one in data.holidays])
    except CalendarError as error:
        raise NotSupposable(f"line {number}: {error}") from error
