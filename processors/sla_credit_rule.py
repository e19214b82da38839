"""What are the broken promises of a month worth? Whole numbers of minor units, by the terms in force as it begins.

- Breaches count in the order of their instants. The first rule that holds says what one is worth, by how many breaches
  of the month the same rule holds for: an amount, or hundredths of a percent of a month's fee (a twelfth of what the
  account pays a year, as it was at the breach), rounded down.
- A fee in another currency than the terms', or an unknown one, is worth nothing. A cap that is a share of it is one of
  the fee as the month began or, of a customer who came later, as it was at the first breach for which one is known;
  while none is, the month is worth nothing.
- A breach that must be claimed and is not, within the days after it, is worth nothing; it counts as a breach.
- What goes beyond the cap is worth nothing. A month worth less than the minimum is worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from processors.settings import CreditRule, CreditStep, CreditTerms
from schemas.instant import DAY

_MONTHS_HUNDREDTHS = 12 * 10_000


class Broken(NamedTuple):
    """A promise to an account that was broken; `event_id` began the wait."""

    breached_at: int
    ticket: str
    clock: str
    cycle: int
    event_id: str = ""


class Credit(NamedTuple):
    """What one breach is worth, by which rule (empty where none holds), and what took from it."""

    amount_minor: int
    rule: str
    remark: str = ""


class Customer(NamedTuple):
    """What the terms ask of an account, by instant: its tier, its yearly fee in the terms' currency, its claims."""

    tier_at: Callable[[int], str | None]
    fee_at: Callable[[int], int | None]
    claims: Sequence[tuple[int, str | None]] = ()


def credits_of(terms: CreditTerms, month_at: int, breaches: Sequence[Broken], customer: Customer) -> list[Credit]:
    """What each breach of a month is worth, in their order; `breaches` must be sorted."""
    left = cap_of(terms, month_at, breaches, customer)
    has_share = terms.cap_percent_hundredths is None or _yearly(month_at, breaches, customer) is not None
    capped = "capped" if has_share else _no_fee(terms)
    counted: dict[int, int] = {}
    worth: list[Credit] = []
    for broken in breaches:
        rule = _rule(terms, broken, customer)
        if rule is None:
            worth.append(Credit(0, "", "no rule holds"))
            continue
        counted[id(rule)] = counted.get(id(rule), 0) + 1
        credit = _worth(terms, rule, counted[id(rule)], broken, customer)
        if left is not None and credit.amount_minor > left:
            credit = Credit(left, rule.name, capped)
        if left is not None:
            left -= credit.amount_minor
        worth.append(credit)
    if sum([credit.amount_minor for credit in worth]) < terms.minimum_minor:
        return [
            Credit(0, credit.rule, "below the minimum" if credit.amount_minor else credit.remark) for credit in worth
        ]
    return worth


def cap_of(terms: CreditTerms, month_at: int, breaches: Sequence[Broken], customer: Customer) -> int | None:
    """The most that a month can be worth; None where nothing limits it."""
    caps = [] if terms.cap_minor is None else [terms.cap_minor]
    if terms.cap_percent_hundredths is not None:
        caps.append(_share(_yearly(month_at, breaches, customer), terms.cap_percent_hundredths))
    return min(caps) if caps else None


def _yearly(month_at: int, breaches: Sequence[Broken], customer: Customer) -> int | None:
    """The yearly fee of which a month's cap is a share."""
    fees = (customer.fee_at(at) for at in (month_at, *(broken.breached_at for broken in breaches)))
    return next((fee for fee in fees if fee is not None), None)


def _no_fee(terms: CreditTerms) -> str:
    return f"no fee in {terms.currency} is known"


def _rule(terms: CreditTerms, broken: Broken, customer: Customer) -> CreditRule | None:
    for rule in terms.rules:
        if rule.clocks and broken.clock not in rule.clocks:
            continue
        if not rule.tiers or customer.tier_at(broken.breached_at) in rule.tiers:
            return rule
    return None


def _worth(terms: CreditTerms, rule: CreditRule, number: int, broken: Broken, customer: Customer) -> Credit:
    step = _step(rule, number)
    if step is None:
        return Credit(0, rule.name, f"worth something from breach {rule.steps[0].from_breach} of the month on")
    if terms.claim_days is not None and not _is_claimed(terms.claim_days, broken, customer):
        return Credit(0, rule.name, "not claimed")
    if step.amount_minor is not None:
        return Credit(step.amount_minor, rule.name)
    fee = customer.fee_at(broken.breached_at)
    if fee is None:
        return Credit(0, rule.name, _no_fee(terms))
    return Credit(_share(fee, step.percent_hundredths or 0), rule.name)


def _step(rule: CreditRule, number: int) -> CreditStep | None:
    reached = [step for step in rule.steps if step.from_breach <= number]
    return reached[-1] if reached else None


def _is_claimed(days: int, broken: Broken, customer: Customer) -> bool:
    until_at = broken.breached_at + days * DAY
    return any(
        broken.breached_at <= claimed_at <= until_at and ticket in (None, broken.ticket)
        for claimed_at, ticket in customer.claims
    )


def _share(yearly: int | None, hundredths: int) -> int:
    """So many hundredths of a percent of a month's fee, rounded down; nothing of what is paid to the customer."""
    return max(0, yearly or 0) * hundredths // _MONTHS_HUNDREDTHS
