"""What do broken promises cost us?

One cell per account and month (UTC). It keeps the month's breaches and what stands booked for each of them; whatever
changes what they are worth (a breach that is taken back, a claim, a fee, other terms known late) is booked as the
reversal of what stood and the booking of what is right, so that the ledger is only ever added to.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import msgspec

from processors.accounts import profile_of, tier_at
from processors.contract import LARGEST_CELL_BYTES, Close, Context, Everyone, Open, Output, Processor, Retract, Timer
from processors.settings import CreditTerms, credits_at, limits_at
from processors.sla_credit_claims import claims_of
from processors.sla_credit_rule import Broken, Credit, Customer, cap_of, credits_of
from schemas import accounts as said
from schemas.credits import CreditEntry, CreditOwed
from schemas.emitted import SlaBreachHappened, TimerFired
from schemas.event import Event
from schemas.explanation import Term
from schemas.instant import DAY, SECOND
from schemas.settings import SettingsCreditsChanged

OWED: Final = "owed"
GRANTED: Final = "granted"
MOST_BREACHES: Final = 256

_MOST_TERMS: Final = 64
_LARGEST_BYTES: Final = LARGEST_CELL_BYTES - 1_024
_SURELY_SMALL: Final = 16
_ENCODER: Final = msgspec.msgpack.Encoder()
_CONTEXT: Final = "context"
_OVER: Final = "over"


class Standing(msgspec.Struct, array_like=True, gc=False):
    """A breach, and what stands booked for it: nothing while the amount is 0."""

    breached_at: int
    ticket: str
    clock: str
    cycle: int
    event_id: str
    number: int = 0
    amount_minor: int = 0
    rule: str = ""


class CreditsState(msgspec.Struct, array_like=True, gc=False):
    """A month of an account. `numbers` counts what was booked; `beyond` are breaches for which there is no room."""

    account: str = ""
    month: str = ""
    breaches: list[Standing] = msgspec.field(default_factory=list)
    numbers: int = 0
    currency: str = ""
    beyond: int = 0
    said: bytes = b""
    closes_at: int | None = None
    is_open: bool = False


class Credits(Processor[CreditsState]):
    """What each account is owed for the promises broken in a month, and the ledger of it."""

    name = "credits"
    consumes = (
        SlaBreachHappened,
        SettingsCreditsChanged,
        said.AccountCreated,
        said.AccountUpdated,
        said.AccountRenewed,
        said.AccountExpanded,
        said.AccountContracted,
        said.AccountCreditClaimed,
    )
    facts = (CreditOwed, CreditEntry)
    state = CreditsState

    def key(self, event: Event) -> str | Everyone | None:
        """The month of the breach; every open one of an account, or of the tenant, when what they are worth changes."""
        data = event.data
        if isinstance(data, SlaBreachHappened):
            return None if event.account is None else f"{month_of(data.breached_at)} {event.account}"
        if isinstance(data, said.AccountCreated | said.AccountUpdated):
            is_about = data.recurring_minor is not None or data.currency is not None or data.tier is not None
            return Everyone("account") if is_about else None
        return Everyone("tenant" if isinstance(data, SettingsCreditsChanged) else "account")

    def step(self, state: CreditsState, event: Event, context: Context) -> Sequence[Output]:
        data = event.data
        if isinstance(data, SlaBreachHappened):
            state.account, state.month = event.account or "", month_of(data.breached_at)
            return _taken(state, data, context)
        if not isinstance(data, TimerFired):
            # The context shows what this record says from the next one on.
            return (Timer(_CONTEXT, context.clock),)
        if data.name == _OVER:
            state.closes_at = None
        return _told(state, context)


CREDITS: Final = Credits()


def month_of(instant: int) -> str:
    """The month (UTC) of an instant, such as `2026-11`."""
    return datetime.fromtimestamp(instant // SECOND, tz=UTC).strftime("%Y-%m")


def month_starts_at(month: str, months_later: int = 0) -> int:
    """The first instant of a month, or of one so many months later."""
    months = int(month[:4]) * 12 + int(month[5:]) - 1 + months_later
    return int(datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()) * SECOND


def _place(one: Standing) -> tuple[int, str, str, int]:
    return one.breached_at, one.ticket, one.clock, one.cycle


def _taken(state: CreditsState, data: SlaBreachHappened, context: Context) -> Sequence[Output]:
    breaches = state.breaches
    standing = Standing(data.breached_at, data.ticket, data.clock, data.cycle, data.event_id)
    index = bisect_left(breaches, _place(standing), key=_place)
    is_there = index < len(breaches) and _place(breaches[index]) == _place(standing)
    if data.retracted:
        if not is_there:
            state.beyond = max(0, state.beyond - 1)
            return _told(state, context)
        undone = _reversed(state, breaches.pop(index), context)
        return [*undone, *_told(state, context)]
    if is_there:
        return ()
    if _is_full(state):
        state.beyond += 1
    else:
        breaches.insert(index, standing)
    return _told(state, context)


def _is_full(state: CreditsState) -> bool:
    count = len(state.breaches)
    if count < _SURELY_SMALL:
        return False
    return count >= MOST_BREACHES or len(_ENCODER.encode(state)) > _LARGEST_BYTES


def _told(state: CreditsState, context: Context) -> list[Output]:
    """Books what changed, says what is owed, and waits for what may still change it."""
    month_at = month_starts_at(state.month)
    terms = credits_at(context, month_at, month_starts_at(state.month, 1))
    outputs: list[Output] = []
    if terms is not None:
        customer = _customer(state.account, terms, context)
        broken = [Broken(*_place(one), one.event_id) for one in state.breaches]
        worth = credits_of(terms, month_at, broken, customer)
        outputs += _booked(state, terms, worth, context)
        outputs += _owed(state, terms, worth, cap_of(terms, month_at, broken, customer))
    return outputs + _waiting(state, terms, context)


def _customer(account: str, terms: CreditTerms, context: Context) -> Customer:
    profile = profile_of(context, account)

    def fee_at(instant: int) -> int | None:
        if profile is None or profile.field_at("currency", instant) != terms.currency:
            return None
        fee = profile.field_at("recurring_minor", instant)
        return fee if isinstance(fee, int) else None

    return Customer(lambda instant: tier_at(context, account, instant), fee_at, claims_of(context, account))


# --- the ledger -----------------------------------------------------------------------------------------------------


def _booked(state: CreditsState, terms: CreditTerms, worth: Sequence[Credit], context: Context) -> list[Output]:
    outputs: list[Output] = []
    pairs = list(zip(state.breaches, worth, strict=True))
    for standing, credit in pairs:
        right = credit.amount_minor, credit.rule, terms.currency
        if standing.amount_minor and (standing.amount_minor, standing.rule, state.currency) != right:
            outputs += _reversed(state, standing, context)
    state.currency = terms.currency
    for standing, credit in pairs:
        if credit.amount_minor and not standing.amount_minor:
            standing.amount_minor, standing.rule = credit.amount_minor, credit.rule
            standing.number = _next_number(state)
            outputs += _lines(state, standing, standing.number, standing.amount_minor, None, context)
    return outputs


def _reversed(state: CreditsState, standing: Standing, context: Context) -> list[Output]:
    """Undoes what stands booked for a breach."""
    if not standing.amount_minor:
        return []
    number, amount_minor = standing.number, standing.amount_minor
    standing.number = standing.amount_minor = 0
    return _lines(state, standing, _next_number(state), -amount_minor, number, context)


def _next_number(state: CreditsState) -> int:
    state.numbers += 1
    return state.numbers


def _lines(
    state: CreditsState, standing: Standing, number: int, amount_minor: int, reverses: int | None, context: Context
) -> list[Output]:
    return [
        CreditEntry(
            account=state.account,
            month=state.month,
            number=number,
            ledger=ledger,
            amount_minor=signed,
            currency=state.currency,
            ticket=standing.ticket,
            clock=standing.clock,
            cycle=standing.cycle,
            rule=standing.rule,
            reverses=reverses,
            booked_at=context.clock,
        )
        for ledger, signed in ((OWED, amount_minor), (GRANTED, -amount_minor))
    ]


def _owed(state: CreditsState, terms: CreditTerms, worth: Sequence[Credit], cap: int | None) -> list[Output]:
    if not state.breaches:
        said_before, state.said = state.said, b""
        return [Retract(CreditOwed, (state.account, state.month))] if said_before else []
    fact = CreditOwed(
        account=state.account,
        month=state.month,
        currency=terms.currency,
        owed_minor=sum([credit.amount_minor for credit in worth]),
        breaches=len(worth) + state.beyond,
        cap_minor=cap,
        minimum_minor=terms.minimum_minor,
        broken_at=state.breaches[-1].breached_at,
        terms=_terms(state, worth),
    )
    digest = blake2b(_ENCODER.encode(fact), digest_size=8).digest()
    if digest == state.said:
        return []
    state.said = digest
    return [fact]


def _terms(state: CreditsState, worth: Sequence[Credit]) -> tuple[Term, ...]:
    terms = [_term(one, credit) for one, credit in zip(state.breaches, worth, strict=True)]
    if len(terms) > _MOST_TERMS:
        later = terms[_MOST_TERMS:]
        terms = [*terms[:_MOST_TERMS], Term(f"{len(later)} later breaches", sum([one.amount for one in later]))]
    if state.beyond:
        terms.append(Term(f"{state.beyond} breaches beyond what a month holds", 0.0))
    return tuple(terms)


def _term(one: Standing, credit: Credit) -> Term:
    words = ", ".join(part for part in (credit.rule, credit.remark) if part)
    event_ids = (one.event_id,) if one.event_id else ()
    return Term(f"{one.ticket} {one.clock} {one.cycle + 1}: {words}", float(credit.amount_minor), event_ids)


def _waiting(state: CreditsState, terms: CreditTerms | None, context: Context) -> list[Output]:
    """Open while a claim or late truth may still change the month."""
    claim_days = terms.claim_days or 0 if terms is not None else 0
    closes_at = month_starts_at(state.month, 1) + claim_days * DAY + limits_at(context, context.clock).horizon
    outputs: list[Output] = []
    if closes_at <= context.clock:
        if state.is_open:
            state.is_open = False
            outputs.append(Close())
        return outputs
    if not state.is_open:
        state.is_open = True
        outputs.append(Open(state.account))
    if closes_at != state.closes_at:
        state.closes_at = closes_at
        outputs.append(Timer(_OVER, closes_at))
    return outputs
