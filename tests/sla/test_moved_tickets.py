"""A ticket that turns out to be another account's takes its breaches along."""

from __future__ import annotations

from schemas.facts import SlaBreached
from schemas.tickets import TicketMessageAdded, TicketOpened
from tests.sla.desk import Desk
from tests.sla.plain_story import Week

WEEK = Week()
OPENED = TicketOpened.model_validate({"ticket": "T", "channel": "email"})
ASKED = TicketMessageAdded.model_validate({"ticket": "T", "author": "customer"})


def test_both_accounts_are_told_of_the_breach() -> None:
    desk = Desk()
    desk.say(OPENED, WEEK.instant("mon", "08:00"), account="a")
    desk.wait_until(WEEK.instant("mon", "17:00"))
    broken_at = WEEK.instant("mon", "16:00")
    assert desk.heard("a") == [("first_response", broken_at, False)]
    desk.say(ASKED, WEEK.instant("mon", "07:00"), account="b", taken_at=WEEK.instant("mon", "18:00"))
    assert desk.heard("a") == [("first_response", broken_at, False), ("first_response", broken_at, True)]
    assert desk.heard("b") == [("first_response", broken_at, False)]
    assert [fact.account for fact in desk.facts(SlaBreached)] == ["b"]


def test_a_breach_that_is_taken_back_with_the_move_is_told_to_the_first_account_only() -> None:
    desk = Desk()
    desk.say(ASKED, WEEK.instant("mon", "09:00"), account="a")
    desk.say(OPENED, WEEK.instant("mon", "08:00"), account=None, taken_at=WEEK.instant("mon", "09:00"))
    desk.wait_until(WEEK.instant("mon", "17:00"))
    again = TicketOpened.model_validate({"ticket": "T", "channel": "email"})
    desk.say(again, WEEK.instant("mon", "07:00"), account="b", taken_at=WEEK.instant("mon", "18:00"))
    earlier, later = WEEK.instant("mon", "15:00"), WEEK.instant("mon", "16:00")
    assert desk.heard("a") == [("first_response", later, False), ("first_response", later, True)]
    assert desk.heard("b") == [("first_response", earlier, False)]
