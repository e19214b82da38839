"""What broken promises cost: examples end to end, and the ledger beside an oracle whatever is said in any order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.accounts import ACCOUNTS
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.sla_credit_claims import CREDIT_CLAIMS
from processors.sla_credits import CREDITS, GRANTED, OWED, month_starts_at
from schemas.accounts import AccountCreditClaimed, AccountUpdated
from schemas.credits import CreditEntry, CreditOwed
from schemas.emitted import SlaBreachHappened
from schemas.experts import ExpertReplied
from schemas.instant import DAY, HOUR
from schemas.settings import SettingsCreditsChanged
from schemas.tickets import TicketOpened
from tests.sla.credit_oracle import Told, worth
from tests.sla.desk import Desk
from tests.sla.plain_story import promise, promises

CATALOG = (SLA, CREDITS, SETTINGS, ACCOUNTS, CREDIT_CLAIMS)
JUNE = month_starts_at("2026-06")
FLAT: dict[str, Any] = {"currency": "EUR", "rules": [{"name": "any", "steps": [{"amount_minor": 2_500}]}]}
HALF_A_PERCENT = {"name": "share", "steps": [{"percent_hundredths": 50}]}
RISING = {"name": "rising", "steps": [{"amount_minor": 100}, {"from_breach": 3, "amount_minor": 1_000}]}


def terms_of(plain: dict[str, Any]) -> SettingsCreditsChanged:
    rules = tuple({**rule, "steps": tuple(rule["steps"])} for rule in plain["rules"])
    for rule in rules:
        rule.update({name: tuple(rule[name]) for name in ("clocks", "tiers") if name in rule})
    return SettingsCreditsChanged.model_validate({**plain, "rules": rules})


def broken(number: int, clock: str = "first_response", **more: Any) -> SlaBreachHappened:
    return SlaBreachHappened(ticket=f"T{number}", clock=clock, breached_at=JUNE + number * DAY, **more)


def desk(terms: dict[str, Any], *, fee: int = 120_000, currency: str = "EUR", tier: str = "free") -> Desk:
    made = Desk(CATALOG)
    made.say(terms_of(terms), JUNE - DAY, account=None)
    account = {"recurring_minor": fee, "currency": currency, "tier": tier}
    made.say(AccountUpdated.model_validate(account), JUNE - DAY)
    return made


def owed(made: Desk) -> list[tuple[str, int]]:
    return sorted((fact.month, fact.owed_minor) for fact in made.facts(CreditOwed))


def lines(made: Desk) -> list[tuple[int, str, int, int | None]]:
    return [(one.number, one.ledger, one.amount_minor, one.reverses) for one in made.history(CreditEntry)]


def test_a_breach_is_credited_and_reversed_when_it_turns_out_that_there_was_none() -> None:
    made = Desk(CATALOG)
    made.say(promises(promise("all", "first_response 4 h")), JUNE, account=None)
    made.say(terms_of(FLAT), JUNE, account=None)
    made.say(TicketOpened(ticket="T"), JUNE + DAY)
    made.wait_until(JUNE + 2 * DAY)
    assert owed(made) == [("2026-06", 2_500)]
    (fact,) = made.facts(CreditOwed)
    assert [(term.label, term.amount) for term in fact.terms] == [("T first_response 1: any", 2_500.0)]
    assert len(fact.terms[0].event_ids) == 1
    made.say(ExpertReplied(ticket="T", expert="x"), JUNE + DAY + HOUR, taken_at=JUNE + 3 * DAY)
    made.wait_until(JUNE + 3 * DAY)
    assert owed(made) == []
    assert lines(made) == [
        (1, OWED, 2_500, None),
        (1, GRANTED, -2_500, None),
        (2, OWED, -2_500, 1),
        (2, GRANTED, 2_500, 1),
    ]


@pytest.mark.parametrize(
    ("terms", "clocks", "known"),
    [
        (FLAT, ["first_response", "resolution"], [2_500, 2_500]),
        (
            FLAT | {"rules": [{**FLAT["rules"][0], "clocks": ["resolution"]}]},
            ["first_response", "resolution"],
            [0, 2_500],
        ),
        (FLAT | {"rules": [{**FLAT["rules"][0], "tiers": ["enterprise"]}]}, ["first_response"], [0]),
        (FLAT | {"rules": [HALF_A_PERCENT]}, ["first_response"], [50]),
        (FLAT | {"rules": [RISING]}, ["first_response"] * 4, [100, 100, 1_000, 1_000]),
        (FLAT | {"cap_minor": 4_000}, ["first_response"] * 3, [2_500, 1_500, 0]),
        (FLAT | {"cap_percent_hundredths": 3_000}, ["first_response"] * 3, [2_500, 500, 0]),
        (FLAT | {"minimum_minor": 5_001}, ["first_response"] * 2, [0, 0]),
        (FLAT | {"minimum_minor": 5_000}, ["first_response"] * 2, [2_500, 2_500]),
        (FLAT | {"rules": []}, ["first_response"], [0]),
        (FLAT | {"currency": "USD", "rules": [HALF_A_PERCENT]}, ["first_response"], [0]),
        (FLAT | {"claim_days": 3}, ["first_response"], [0]),
    ],
)
def test_terms_say_what_breaches_are_worth(terms: dict[str, Any], clocks: list[str], known: list[int]) -> None:
    made = desk(terms)
    for number, clock in enumerate(clocks, 1):
        made.say(broken(number, clock), JUNE + number * DAY)
    made.wait_until(JUNE + 9 * DAY)
    (fact,) = made.facts(CreditOwed)
    assert [term.amount for term in fact.terms] == known
    assert fact.owed_minor == sum(known)


@pytest.mark.parametrize(
    ("ticket", "claimed_on", "known"),
    [("T2", 2, 2_500), (None, 5, 2_500), ("T2", 5.1, 0), ("T2", 1.9, 0), ("T3", 3, 0)],
)
def test_a_credit_is_claimed_within_its_window(ticket: str | None, claimed_on: float, known: int) -> None:
    made = desk(FLAT | {"claim_days": 3})
    made.say(AccountCreditClaimed(ticket=ticket), JUNE + round(claimed_on * DAY))
    # It becomes known later than the claim.
    made.say(broken(2), JUNE + 6 * DAY)
    made.wait_until(JUNE + 7 * DAY)
    assert owed(made) == [("2026-06", known)]


def test_a_claim_after_the_breach_is_booked_when_it_comes() -> None:
    made = desk(FLAT | {"claim_days": 3})
    made.say(broken(2), JUNE + 2 * DAY)
    made.say(AccountCreditClaimed(ticket="T2"), JUNE + 3 * DAY)
    made.wait_until(JUNE + 4 * DAY)
    assert owed(made) == [("2026-06", 2_500)]
    assert [one.booked_at for one in made.history(CreditEntry)] == [JUNE + 3 * DAY] * 2


def test_each_month_has_its_own_cap_and_the_terms_of_its_beginning() -> None:
    made = desk(FLAT | {"cap_minor": 2_500})
    made.say(terms_of(FLAT | {"cap_minor": 9_000}), JUNE + 10 * DAY, account=None)
    for number in (1, 20, 31, 32):
        made.say(broken(number), JUNE + number * DAY)
    made.wait_until(JUNE + 40 * DAY)
    assert owed(made) == [("2026-06", 2_500), ("2026-07", 5_000)]


def test_a_tenant_without_terms_books_nothing_until_they_are_known() -> None:
    made = Desk(CATALOG)
    made.say(broken(1), JUNE + DAY)
    made.wait_until(JUNE + 2 * DAY)
    assert (owed(made), lines(made)) == ([], [])
    made.say(terms_of(FLAT), JUNE, account=None, taken_at=JUNE + 3 * DAY)
    made.wait_until(JUNE + 3 * DAY)
    assert owed(made) == [("2026-06", 2_500)]


def test_first_terms_hold_for_the_month_in_which_they_were_said_and_for_none_before() -> None:
    made = Desk(CATALOG)
    made.say(broken(-5), JUNE - 5 * DAY)
    made.say(broken(2), JUNE + 2 * DAY)
    made.say(terms_of(FLAT), JUNE + 14 * DAY, account=None)
    made.wait_until(JUNE + 15 * DAY)
    assert owed(made) == [("2026-06", 2_500)]


def test_claims_are_kept_for_as_long_as_they_may_count() -> None:
    made = desk(FLAT | {"claim_days": 90})
    made.say(broken(2), JUNE + 2 * DAY)
    made.say(AccountCreditClaimed(ticket="T2"), JUNE + 3 * DAY)
    for number in range(300):
        made.say(AccountCreditClaimed(ticket=f"other {number}"), JUNE + 4 * DAY + number)
    made.say(broken(20), JUNE + 20 * DAY)
    made.wait_until(JUNE + 21 * DAY)
    assert owed(made) == [("2026-06", 2_500)]


@pytest.mark.parametrize(
    ("fee_known_on", "known", "remark"),
    [(None, 0, "no fee in EUR is known"), (1, 1_000, "capped"), (3, 0, "no fee in EUR is known")],
)
def test_a_share_as_a_cap_needs_a_fee(fee_known_on: int | None, known: int, remark: str) -> None:
    made = Desk(CATALOG)
    made.say(terms_of(FLAT | {"cap_percent_hundredths": 1_000}), JUNE - DAY, account=None)
    made.say(AccountUpdated(name="Hartwell Mills"), JUNE - DAY)
    if fee_known_on is not None:
        made.say(AccountUpdated(recurring_minor=120_000, currency="EUR"), JUNE + fee_known_on * DAY)
    made.say(broken(2), JUNE + 2 * DAY)
    made.wait_until(JUNE + 4 * DAY)
    (fact,) = made.facts(CreditOwed)
    assert (fact.owed_minor, fact.cap_minor) == (known, known)
    assert fact.terms[0].label.endswith(remark)


def test_a_month_holds_so_many_breaches_and_counts_the_others() -> None:
    made = desk(FLAT)
    for number in range(400):
        long = SlaBreachHappened(ticket=f"{number:0>100}", clock="resolution", breached_at=JUNE + number, event_id="e")
        made.say(long, JUNE + number)
    made.wait_until(JUNE + DAY)
    (fact,) = made.facts(CreditOwed)
    assert fact.breaches == 400
    assert 0 < fact.owed_minor < 400 * 2_500
    assert fact.terms[-1].label.endswith("breaches beyond what a month holds")
    assert sum(term.amount for term in fact.terms) == fact.owed_minor


# --- whatever is said, in whatever order ----------------------------------------------------------------------------

CLOCKS = ("first_response", "resolution")
STEPS = st.lists(
    st.one_of(
        st.builds(lambda amount: {"amount_minor": amount}, st.integers(1, 3_000)),
        st.builds(lambda share: {"percent_hundredths": share}, st.integers(1, 2_000)),
    ),
    min_size=1,
    max_size=3,
).map(lambda steps: [{**step, "from_breach": 1 + 2 * place} for place, step in enumerate(steps)])


@st.composite
def some_terms(draw: st.DrawFn) -> dict[str, Any]:
    rules = []
    for name in "pqr"[: draw(st.integers(1, 3))]:
        rule: dict[str, Any] = {"name": name, "steps": draw(STEPS)}
        rule["clocks"] = draw(st.sampled_from(([], [], ["resolution"])))
        rule["tiers"] = draw(st.sampled_from(([], [], ["premium"])))
        rules.append(rule)
    return {
        "currency": draw(st.sampled_from(("EUR", "EUR", "USD"))),
        "rules": rules,
        "cap_minor": draw(st.sampled_from((None, None, 0, 4_000))),
        "cap_percent_hundredths": draw(st.sampled_from((None, 2_500))),
        "minimum_minor": draw(st.sampled_from((0, 0, 3_000))),
        "claim_days": draw(st.sampled_from((None, None, 5))),
    }


DAYS = st.integers(1, 27)
SAYINGS = st.lists(
    st.one_of(
        st.tuples(st.just("breach"), DAYS, st.sampled_from(CLOCKS)),
        st.tuples(st.just("breach"), DAYS, st.sampled_from(CLOCKS)),
        st.tuples(st.just("kept"), DAYS, st.sampled_from(CLOCKS)),
        st.tuples(st.just("claim"), DAYS, st.sampled_from(("", "T3"))),
        st.tuples(st.just("fee"), DAYS, st.sampled_from(("70001", "240000"))),
        st.tuples(st.just("tier"), DAYS, st.sampled_from(("free", "premium"))),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(some_terms(), some_terms(), SAYINGS, st.booleans())
def test_the_ledger_sums_to_zero_and_to_what_the_oracle_says(
    first: dict[str, Any], then: dict[str, Any], sayings: list[tuple[str, int, str]], corrected: bool
) -> None:
    made, told = desk(first), Told(fees=[(JUNE - DAY, "", 120_000, "EUR")], tiers=[(JUNE - DAY, "", "free")])
    for number, (what, day, value) in enumerate(sayings):
        # What comes now happened on another day.
        say(made, told, what, day, value, JUNE + 28 * DAY + number * HOUR)
    if corrected:
        # The later of two that hold from the same instant on is the one with the greater id.
        made.say(terms_of(then), JUNE - DAY, account=None, event_id="z", taken_at=JUNE + 30 * DAY)
    made.wait_until(JUNE + 31 * DAY)
    known = worth(told, then if corrected else first, JUNE)
    by_number, balance = Counter[int](), Counter[tuple[str, str]]()
    for line in made.history(CreditEntry):
        by_number[line.number] += line.amount_minor
        balance[line.ledger, line.currency] += line.amount_minor
    assert not any(by_number.values())
    found = made.facts(CreditOwed)
    assert [fact.owed_minor for fact in found] == ([sum(known)] if told.breaches else [])
    assert sorted(term.amount for fact in found for term in fact.terms) == sorted(known)
    owing = {key: amount for key, amount in balance.items() if amount and key[0] == OWED}
    assert owing == ({(OWED, found[0].currency): sum(known)} if sum(known) else {})
    numbers = [line.number for line in made.history(CreditEntry) if line.ledger == OWED]
    assert numbers == list(range(1, len(numbers) + 1))


def say(made: Desk, told: Told, what: str, day: int, value: str, taken_at: int) -> None:
    at = JUNE + day * DAY
    breach = (at, f"T{day}", value, 0)
    if what in ("breach", "kept"):
        if (what == "breach") == (breach in told.breaches):
            return
        made.say(broken(day, value, retracted=what == "kept"), taken_at)
        told.breaches = [one for one in [*told.breaches, breach] if what == "breach" or one != breach]
    elif what == "claim":
        made.say(AccountCreditClaimed(ticket=value or None), at, taken_at=taken_at)
        told.claims.append((at, value or None))
    elif what == "fee":
        id_ = made.say(AccountUpdated(recurring_minor=int(value)), at, taken_at=taken_at)
        told.fees.append((at, id_, int(value), "EUR"))
    else:
        id_ = made.say(AccountUpdated.model_validate({"tier": value}), at, taken_at=taken_at)
        told.tiers.append((at, id_, value))
