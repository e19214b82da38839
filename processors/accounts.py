"""Who is this account, what does it pay, and did it leave?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.contract import Context, Output, Processor
from processors.history import Dated, insert_dated
from schemas import accounts as said
from schemas.event import Event
from schemas.facts import AccountState

Value = str | int | float | bool

# Names under which data fields are kept beside the tenant's own attributes, which are prefixed.
ATTRIBUTE = "attribute:"


@dataclass(slots=True)
class AccountProfile:
    """What was said of an account, oldest first; what lies before the kept history is merged into `base`."""

    base: dict[str, Value] = field(default_factory=dict)
    changes: list[Dated[dict[str, Value]]] = field(default_factory=list)

    def at(self, instant: int) -> dict[str, Value]:
        """Every field as known at an instant of event time; before the first change, as of that one."""
        known = dict(self.base)
        for place, change in enumerate(self.changes):
            if change.at > instant and (place or known):
                break
            known.update(change.value)
        return known

    def now(self) -> dict[str, Value]:
        """Every field as last known."""
        known = dict(self.base)
        for change in self.changes:
            known.update(change.value)
        return known


class Accounts(Processor[AccountProfile]):
    """Keeps each account's profile by event time and states it."""

    name = "accounts"
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
    state = AccountProfile

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: AccountProfile, event: Event, context: Context) -> Sequence[Output]:
        change = said_values(event)
        full = len(state.changes) >= 63
        if full:
            oldest = state.changes.pop(0)
            state.base.update(oldest.value)
        insert_dated(state.changes, event.occurred_at, event.id, change)
        return (_stated(event.account or "", state),)


def said_values(event: Event) -> dict[str, Value]:
    """The fields that one account event sets, flat."""
    match event.data:
        case said.AccountChurned(reason=reason):
            values: dict[str, Value] = {"churned_at": event.occurred_at}
            return values | ({"churn_reason": reason} if reason else {})
        case said.AccountCreated() | said.AccountUpdated():
            plain = event.data.model_dump(exclude_none=True, exclude={"attributes"})
            plain |= {ATTRIBUTE + name: value for name, value in event.data.attributes.items()}
            if isinstance(event.data, said.AccountCreated):
                plain["created_at"] = event.occurred_at
            return plain
        case _:
            return event.data.model_dump(exclude_none=True)


def _stated(account: str, profile: AccountProfile) -> AccountState:
    known = profile.now()
    updated_at = max(change.at for change in profile.changes)
    fields = {name: known[name] for name in AccountState.__struct_fields__ if name in known}
    return AccountState(**{"account": account, "updated_at": updated_at} | fields)  # type: ignore[arg-type]


ACCOUNTS = Accounts()


def profile_of(context: Context, account: str | None) -> AccountProfile | None:
    """The account's profile as it was before the record, or None where nobody has spoken of it."""
    return context.read(ACCOUNTS, account) if account else None
