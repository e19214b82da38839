"""What would the journal hold, had other settings been said? Its records in order, some put in and some left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from schemas.accounts import AccountCreated, AccountUpdated
from schemas.event import Data, Event, unchecked
from schemas.instant import format_instant
from schemas.settings import SettingsCalendarChanged, SettingsCreditsChanged, SettingsSlaChanged
from schemas.system import ABOUT_THE_JOURNAL, Tick

SUPPOSABLE: tuple[type[Data], ...] = (
    SettingsSlaChanged,
    SettingsCalendarChanged,
    SettingsCreditsChanged,
    AccountUpdated,
)

Name = tuple[str, str]


def name_of(event: Event) -> Name | None:
    """What an event is a version of: the promises, a calendar, the terms of credits, the tier of an account."""
    match event.data:
        case SettingsSlaChanged():
            return "promises", ""
        case SettingsCalendarChanged(name=name):
            return "calendar", name
        case SettingsCreditsChanged():
            return "credits", ""
        case AccountUpdated(tier=tier) | AccountCreated(tier=tier) if tier is not None:
            return "tier", event.account or ""
    return None


@dataclass(slots=True)
class Supposition:
    """Settings `said` instead of those of their names: of all of them, or of those from the instant `since` on.

    Without `since` they stand before everything else and hold from their own times, the first of each name from ever.
    With it they are said when the tenant's events reach it, and hold from then on. They are put in at position `first`.
    """

    said: Sequence[Event]
    since: int | None = None
    first: int | None = None
    left_out: int = 0
    _names: dict[Name, None] = field(init=False)

    def __post_init__(self) -> None:
        self._names = dict.fromkeys(name for event in self.said if (name := name_of(event)) is not None)

    def records(self, records: Sequence[Event]) -> list[Event]:
        """The next records of the journal as they would be, in positions of their own."""
        return list(self._walked(records))

    def moved(self, position: int) -> int:
        """Where a record of the journal stands that was walked already."""
        return position if self.first is None or position < self.first else position + len(self.said)

    def require_said(self) -> None:
        """At the journal's end. Raises ValueError where nothing was put in, for its events never reach `since`."""
        if self.first is None:
            reached = "ever" if self.since is None else f"of {format_instant(self.since)} or later"
            raise ValueError(f"no event of the tenant is {reached}: there is nothing to compare from there on")

    def _walked(self, records: Sequence[Event]) -> Iterator[Event]:
        for record in records:
            if self.first is None and not isinstance(record.data, ABOUT_THE_JOURNAL):
                yield from self._said_before(record)
            yield _again(record, position=self.moved(record.position), data=self._data(record))

    def _said_before(self, record: Event) -> Iterator[Event]:
        at = record.told_at
        if self.since is not None:
            if at < self.since:
                return
            at = self.since
        self.first = record.position
        begun: dict[Name | None, None] = {}
        for place, event in enumerate(self.said):
            name = name_of(event)
            occurred_at = event.occurred_at if name in begun else _FROM_EVER
            begun[name] = None
            yield _again(
                event,
                position=record.position + place,
                tenant=record.tenant,
                occurred_at=occurred_at if self.since is None else self.since,
                recorded_at=at,
            )

    def _data(self, record: Event) -> Data:
        """What a record says; a version that is left out makes way for what says nothing at the same instant."""
        if type(record.data) not in _REPLACED:
            return record.data
        name = name_of(record)
        if name is None or name not in self._names or (self.since is not None and record.occurred_at < self.since):
            return record.data
        self.left_out += 1
        data = record.data
        return unchecked(type(data), **{**data.__dict__, "tier": None}) if name[0] == "tier" else Tick()


_FROM_EVER = 0
_REPLACED = frozenset({*SUPPOSABLE, AccountCreated})


def _again(event: Event, **stamps: object) -> Event:
    """The event with other stamps; the one that was read stays as it is."""
    return unchecked(type(event), **{**event.__dict__, **stamps})
