"""What an account paid and was promised months ago outlasts any number of records that say something else of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.accounts import ACCOUNTS, MOST_CHANGES, AccountProfile
from processors.contract import LARGEST_CELL_BYTES
from schemas.accounts import AccountContracted, AccountUpdated
from schemas.event import Data
from schemas.facts import AccountState
from schemas.instant import HOUR
from schemas.tickets import TicketOpened, TicketResolved, TicketStatusChanged
from tests.sla.desk import TENANT, Desk
from tests.sla.plain_story import Week, promise, promises

WEEK = Week()
BY_TIER = promises(
    promise("enterprise", "resolution 4 h", tiers=("enterprise",)),
    promise("others", "resolution 24 h"),
)
BEGUN = WEEK.instant("mon", "00:00")


def profile_of(desk: Desk) -> AccountProfile:
    (saved,) = [parts for cell, parts in desk.store.cells(TENANT) if cell == (ACCOUNTS.name, "a")]
    return ACCOUNTS.decode(saved)


def test_an_hourly_record_does_not_date_a_new_tier_back() -> None:
    desk = Desk()
    desk.say(BY_TIER, BEGUN, account=None)
    desk.say(AccountUpdated(tier="free"), BEGUN)
    desk.say(TicketOpened(ticket="T"), WEEK.instant("mon", "08:00"))
    desk.say(TicketResolved(ticket="T"), WEEK.instant("mon", "16:00"))
    desk.say(AccountUpdated(tier="enterprise"), WEEK.instant("tue", "00:00"))
    for hour in range(3 * MOST_CHANGES):
        desk.say(AccountUpdated(tier="enterprise", attributes={"seats_used": hour}), desk.clock + HOUR)
    desk.say(TicketStatusChanged(ticket="T", status="closed"), desk.clock)
    assert (desk.clock_of("resolution").policy, desk.breaches()) == ("others", [])


def test_an_old_value_that_comes_late_does_not_displace_a_newer_one() -> None:
    desk = Desk()
    desk.say(AccountUpdated(tier="enterprise", plan="large"), BEGUN + HOUR)
    for hour in range(2, 3 * MOST_CHANGES):
        desk.say(AccountUpdated(attributes={"seats_used": hour}), BEGUN + hour * HOUR)
    desk.say(AccountUpdated(tier="free", plan="small", region="north"), BEGUN, taken_at=desk.clock)
    (stated,) = desk.facts(AccountState)
    assert (stated.tier, stated.plan, stated.region) == ("enterprise", "large", "north")
    assert profile_of(desk).field_at("tier", BEGUN + HOUR // 2) == "free"


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["free", "premium", "enterprise"]).map(lambda tier: AccountUpdated(tier=tier)),  # type: ignore[arg-type]
            st.integers(0, 3).map(lambda fee: AccountContracted(recurring_minor=fee)),
            st.integers(1, 30).map(lambda used: AccountUpdated(attributes={"used": used}, plan=f"plan {used}")),
        ),
        max_size=MOST_CHANGES // 2,
    ),
    st.integers(0, 3 * MOST_CHANGES),
)
def test_terms_are_known_as_of_any_instant(said: list[Data], records_after: int) -> None:
    desk = Desk(catalog=(ACCOUNTS,))
    told: list[tuple[int, Data]] = [(BEGUN + hour * HOUR, data) for hour, data in enumerate(said)]
    for at, data in told:
        desk.say(data, at)
    for hour in range(len(said), len(said) + records_after):
        desk.say(AccountUpdated(attributes={"used": hour}), BEGUN + hour * HOUR)
    if not desk.position:
        return
    profile = profile_of(desk)
    for name in ("tier", "recurring_minor"):
        held = None
        for at, data in told:
            held = getattr(data, name, None) if getattr(data, name, None) is not None else held
            assert profile.field_at(name, at) == profile.at(at).get(name) == held


@pytest.mark.parametrize("length", [1, 90])
def test_many_attributes_leave_the_cell_small_and_the_terms_dated(length: int) -> None:
    desk = Desk(catalog=(ACCOUNTS,))
    desk.say(AccountUpdated(tier="free"), BEGUN)
    desk.say(AccountUpdated(tier="premium"), BEGUN + HOUR)
    for hour in range(2, 100):
        many = {f"attribute {number} of {hour % 7}": "w" * length for number in range(50)}
        desk.say(AccountUpdated(attributes=dict(many)), BEGUN + hour * HOUR)
    profile = profile_of(desk)
    assert len(ACCOUNTS.encode(profile)[""]) <= LARGEST_CELL_BYTES
    assert [profile.field_at("tier", BEGUN + hour * HOUR) for hour in (0, 1, 99)] == ["free", "premium", "premium"]
