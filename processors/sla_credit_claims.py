"""Which credits did an account ask for, and when?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import msgspec

from processors.contract import LARGEST_CELL_BYTES, Context, Output, Processor
from processors.history import Dated
from schemas.accounts import AccountCreditClaimed
from schemas.event import Event

_SURELY_SMALL: Final = 64
_ENCODER: Final = msgspec.msgpack.Encoder()


class ClaimsState(msgspec.Struct, array_like=True):
    """The last claims by event time, as many as a cell holds: of a ticket, or of everything (None)."""

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
            _insert(state, event.occurred_at, event.data.ticket)
        return ()


def _insert(state: ClaimsState, at: int, ticket: str | None) -> None:
    """Who asks twice at one instant asks once, so that no event has to be kept beside what it asks for."""
    claims, place = state.claims, (at, ticket or "")
    index = bisect_left(claims, place, key=lambda claim: (claim.at, claim.value or ""))
    if index < len(claims) and (claims[index].at, claims[index].value or "") == place:
        return
    claims.insert(index, Dated(at, "", ticket))
    while len(claims) > _SURELY_SMALL and len(_ENCODER.encode(state)) > LARGEST_CELL_BYTES:
        del claims[0]


CREDIT_CLAIMS = CreditClaims()


def claims_of(context: Context, account: str) -> list[tuple[int, str | None]]:
    """Instants and tickets (None for all) of an account's claims."""
    state = context.read(CREDIT_CLAIMS, account)
    return [(dated.at, dated.value) for dated in state.claims] if state else []
