"""What is known before it holds, holds when its time comes, whatever is said in between."""

from __future__ import annotations

from schemas.accounts import AccountUpdated
from schemas.tickets import TicketOpened
from tests.sla.desk import Desk
from tests.sla.plain_story import Week, calendar, clocks_of, promise, promises

WEEK = Week()
BY_TIER = promises(
    promise("enterprise", "resolution 4 h", tiers=("enterprise",)),
    promise("others", "resolution 24 h"),
)


def test_a_tier_dated_ahead_comes_into_force_although_settings_change_before() -> None:
    desk = Desk()
    desk.say(BY_TIER, WEEK.instant("mon", "00:00"), account=None)
    desk.say(AccountUpdated(tier="free"), WEEK.instant("mon", "07:00"))
    desk.say(TicketOpened(ticket="T"), WEEK.instant("mon", "08:00"))
    desk.say(AccountUpdated(tier="enterprise"), WEEK.instant("mon", "11:00"), taken_at=WEEK.instant("mon", "09:00"))
    desk.say(calendar("office", "UTC", "08:00-17:00"), WEEK.instant("mon", "10:00"), account=None)
    desk.wait_until(WEEK.instant("mon", "10:59"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due tue 08:00"]
    desk.wait_until(WEEK.instant("mon", "11:01"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due mon 12:00"]


def test_a_first_tier_dated_ahead_holds_for_the_time_before_it_too() -> None:
    desk = Desk()
    desk.say(BY_TIER, WEEK.instant("mon", "00:00"), account=None)
    desk.say(TicketOpened(ticket="T"), WEEK.instant("mon", "08:00"))
    desk.say(AccountUpdated(tier="enterprise"), WEEK.instant("mon", "11:00"), taken_at=WEEK.instant("mon", "09:00"))
    desk.wait_until(WEEK.instant("mon", "09:01"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due mon 12:00"]


def test_two_tiers_dated_ahead_come_into_force_one_after_the_other() -> None:
    desk = Desk()
    desk.say(BY_TIER, WEEK.instant("mon", "00:00"), account=None)
    desk.say(AccountUpdated(tier="free"), WEEK.instant("mon", "07:00"))
    desk.say(TicketOpened(ticket="T"), WEEK.instant("mon", "08:00"))
    desk.say(AccountUpdated(tier="enterprise"), WEEK.instant("mon", "10:00"), taken_at=WEEK.instant("mon", "09:00"))
    desk.say(AccountUpdated(tier="free"), WEEK.instant("mon", "11:00"), taken_at=WEEK.instant("mon", "09:01"))
    desk.wait_until(WEEK.instant("mon", "10:30"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due mon 12:00"]
    desk.wait_until(WEEK.instant("mon", "13:00"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due tue 08:00"]


def test_a_tier_dated_ahead_comes_into_force_for_a_ticket_that_was_opened_since() -> None:
    desk = Desk()
    desk.say(BY_TIER, WEEK.instant("mon", "00:00"), account=None)
    desk.say(AccountUpdated(tier="free"), WEEK.instant("mon", "06:00"))
    desk.say(AccountUpdated(tier="enterprise"), WEEK.instant("mon", "11:00"), taken_at=WEEK.instant("mon", "07:00"))
    desk.say(TicketOpened(ticket="T"), WEEK.instant("mon", "08:00"))
    desk.wait_until(WEEK.instant("mon", "10:59"))
    assert clocks_of(WEEK, desk) == ["resolution: running, 0 h, due tue 08:00"]
    desk.wait_until(WEEK.instant("mon", "12:01"))
    assert clocks_of(WEEK, desk) == ["resolution: breached, 4 h, due mon 12:00"]
