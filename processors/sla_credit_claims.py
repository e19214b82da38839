"""Which credits did an account ask for, and when?"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from processors.contract import Context, Output, Processor
from processors.history import Dated, insert_dated
from schemas.accounts import AccountCreditClaimed
from schemas.event import Event


class ClaimsState(msgspec.Struct, array_like=True):
    """The last claims by event time: of a ticket, or of everything (None)."""

    claims: list[Dated[str | None]] = msgspec.field(default_factory=list)


class CreditClaims(Processor[ClaimsState]):
    """Keeps each account's claims, so that a breach that becomes known after its claim is claimed."""

    name = "credit.claims"
    consumes = (AccountCreditClaimed,)
    provides_context = True
    state = ClaimsState

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: ClaimsState, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, AccountCreditClaimed):
            insert_dated(state.claims, event.occurred_at, event.id, event.data.ticket)
        return ()


CREDIT_CLAIMS = CreditClaims()


def claims_of(context: Context, account: str) -> list[tuple[int, str | None]]:
    """Instants and tickets (None for all) of an account's claims."""
    state = context.read(CREDIT_CLAIMS, account)
    return [(dated.at, dated.value) for dated in state.claims] if state else []
