"""Who is this account, what does it pay, and did it leave?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from processors.contract import LARGEST_CELL_BYTES, Context, Output, Processor
from processors.history import Dated, insert_dated
from processors.lengths import cut
from processors.presence import Passage, Presence, note_passage, presence
from schemas import accounts as said
from schemas.event import Event
from schemas.facts import AccountState

Value = str | int | float | bool

# Names under which data fields are kept beside the tenant's own attributes, which are prefixed.
ATTRIBUTE = "attribute:"

# What promises and credits of months ago are read by: kept by the instant it began to hold, while there is room.
TERMS = ("tier", "contract", "currency", "recurring_minor")

# Attributes are for models: words beyond so many bytes tell them nothing more.
LONGEST_WORDS = 100
MOST_CHANGES = 63
_NOWHERE = (0, "")
_ENCODER = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class AccountProfile:
    """What was said of an account, oldest first; what lies before the kept history is merged into `base`.

    `base_places` are the instants and events of the values in `base`, `first_at` is the earliest of all changes.
    """

    base: dict[str, Value] = field(default_factory=dict)
    changes: list[Dated[dict[str, Value]]] = field(default_factory=list)
    base_places: dict[str, tuple[int, str]] = field(default_factory=dict)
    first_at: int | None = None
    passages: list[Passage] = field(default_factory=list)

    def at(self, instant: int) -> dict[str, Value]:
        """Every field as known at an instant of event time; before the first change, as of that one."""
        instant = max(instant, self.known_from())
        known = dict(self.base)
        for change in self.changes:
            if change.at > instant:
                break
            known.update(change.value)
        return known

    def field_at(self, name: str, instant: int) -> Value | None:
        """One field as `at` tells it, without telling the others."""
        instant = max(instant, self.known_from())
        for change in reversed(self.changes):
            if change.at <= instant and name in change.value:
                return change.value[name]
        return self.base.get(name)

    def now(self) -> dict[str, Value]:
        """Every field as last known."""
        known = dict(self.base)
        for change in self.changes:
            known.update(change.value)
        return known

    def known_from(self) -> int:
        """The instant of the earliest change; the beginning of time where that was not kept."""
        if self.first_at is not None:
            return self.first_at
        return 0 if self.base or not self.changes else self.changes[0].at

    def place_in_base(self, name: str) -> tuple[int, str]:
        """The instant and the event that gave `base` its value of a field; before everything where none is known."""
        return self.base_places.get(name, _NOWHERE)


class Accounts(Processor[AccountProfile]):
    """Keeps each account's profile by event time and states it."""

    name = "accounts"
    version = 2  # since an account that left may come back
    consumes = (
        said.AccountCreated,
        said.AccountUpdated,
        said.AccountRenewed,
        said.AccountExpanded,
        said.AccountContracted,
        said.AccountChurned,
    )
    facts = (AccountState,)
    provides_context = True
    looked_up = True
    state = AccountProfile

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: AccountProfile, event: Event, context: Context) -> Sequence[Output]:
        place = event.occurred_at, event.id
        has_spoken = bool(state.base or state.changes)
        state.first_at = min(place[0], state.known_from()) if has_spoken else place[0]
        news = {name: value for name, value in said_values(event).items() if place > state.place_in_base(name)}
        if news or not has_spoken:
            insert_dated(state.changes, *place, news)
            _shorten(state)
        note_passage(state.passages, event)
        return (_stated(event.account or "", state),)


def _shorten(profile: AccountProfile) -> None:
    """Makes room: first by the dates of all but the terms, then by the last attributes, then by the oldest terms."""
    changes = profile.changes
    if not _is_large(profile):
        return
    _thin(profile, len(changes) // 2)
    if _is_large(profile):
        _thin(profile, len(changes) - 1)
    for values in (profile.base, changes[-1].value):
        for name in [name for name in values if name.startswith(ATTRIBUTE)][::-1]:
            if _size(profile) <= LARGEST_CELL_BYTES:
                break
            del values[name]
            profile.base_places.pop(name, None)
    while len(changes) > 1 and _is_large(profile):
        _settle(profile, changes[0], list(changes[0].value))
        del changes[0]


def _is_large(profile: AccountProfile) -> bool:
    return len(profile.changes) > MOST_CHANGES or _size(profile) > LARGEST_CELL_BYTES


def _thin(profile: AccountProfile, count: int) -> None:
    """Of the oldest changes only terms that differ from those before them keep their dates.

    A record of every hour that repeats all fields would else push out what held months ago.
    """
    thinned: list[Dated[dict[str, Value]]] = []
    terms = {name: value for name, value in profile.base.items() if name in TERMS}
    for change in profile.changes[:count]:
        _settle(profile, change, [name for name in change.value if name not in TERMS])
        for name in [name for name, value in change.value.items() if terms.get(name) == value]:
            del change.value[name]
        terms |= change.value
        if change.value:
            thinned.append(change)
    profile.changes[:count] = thinned


def _settle(profile: AccountProfile, change: Dated[dict[str, Value]], names: Sequence[str]) -> None:
    """Makes fields of a change part of the base, unless that knows newer ones."""
    place = change.at, change.event_id
    for name in names:
        value = change.value.pop(name)
        if place > profile.place_in_base(name):
            profile.base[name] = value
            profile.base_places[name] = place


def _size(profile: AccountProfile) -> int:
    return len(_ENCODER.encode(profile))


def said_values(event: Event) -> dict[str, Value]:
    """The fields that one account event sets, flat."""
    match event.data:
        case said.AccountChurned():
            return {}
        case said.AccountCreated() | said.AccountUpdated():
            plain = event.data.model_dump(exclude_none=True, exclude={"attributes"})
            plain |= {
                ATTRIBUTE + name: cut(value, LONGEST_WORDS) if isinstance(value, str) else value
                for name, value in event.data.attributes.items()
            }
            if isinstance(event.data, said.AccountCreated):
                plain["created_at"] = event.occurred_at
            return plain
        case _:
            return event.data.model_dump(exclude_none=True)


def _stated(account: str, profile: AccountProfile) -> AccountState:
    known = profile.now()
    updated_at = max([change.at for change in profile.changes] + [passage[0] for passage in profile.passages])
    fields: dict[str, Value | None] = {name: known[name] for name in AccountState.__struct_fields__ if name in known}
    stands = presence(profile.passages)
    if stands.gone_since is not None:
        fields |= {"churned_at": stands.gone_since[0], "churn_reason": stands.reason}
    return AccountState(**{"account": account, "updated_at": updated_at} | fields)  # type: ignore[arg-type]


ACCOUNTS = Accounts()


def profile_of(context: Context, account: str | None) -> AccountProfile | None:
    """The account's profile as it was before the record, or None where nobody has spoken of it."""
    return context.read(ACCOUNTS, account) if account else None


def presence_of(context: Context, event: Event) -> Presence:
    """Whether the account is with us, by what was known before the record and by the event itself."""
    profile = profile_of(context, event.account)
    passages = list(profile.passages) if profile is not None else []
    note_passage(passages, event)
    return presence(passages)


def tier_at(context: Context, account: str | None, instant: int) -> str | None:
    """The account's tier at an instant of event time, as it was known before the record."""
    return _word(profile_of(context, account), "tier", instant)


def terms_at(context: Context, account: str | None, instant: int) -> tuple[str | None, str | None]:
    """The account's tier and the name of its contract at an instant of event time, as known before the record."""
    profile = profile_of(context, account)
    return _word(profile, "tier", instant), _word(profile, "contract", instant)


def _word(profile: AccountProfile | None, name: str, instant: int) -> str | None:
    value = profile.field_at(name, instant) if profile is not None else None
    return value if isinstance(value, str) else None


def next_terms_at(context: Context, account: str | None, instant: int) -> int | None:
    """When the account's next tier or contract begins that was said ahead of its time; None where none was."""
    profile = profile_of(context, account)
    if profile is None or not profile.changes or profile.changes[-1].at <= instant:
        return None
    later = (change for change in profile.changes if change.at > instant)
    return next((change.at for change in later if "tier" in change.value or "contract" in change.value), None)
