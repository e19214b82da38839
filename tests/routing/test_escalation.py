"""What escalates a ticket, once, and what takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from processors.catalog import PROCESSORS
from processors.escalation_terms import heard_in
from processors.urgency import priority_of, renewal_terms, slack_terms
from schemas.accounts import AccountCreated
from schemas.alerts import AlertRaised
from schemas.escalation import TicketEscalated
from schemas.experts import ExpertReplied
from schemas.facts import TicketClassified
from schemas.instant import DAY, HOUR, MINUTE
from schemas.settings_escalation import SettingsEscalationChanged
from schemas.tickets import TicketMessageAdded, TicketOpened, TicketPriorityChanged, TicketReopened, TicketResolved
from streams.driver import Driver
from tests.routing.bench import MONDAY

HEARD = ("triage", "escalation", "settings", "accounts", "category.model", "sla")


class Desk(Driver):
    """One ticket of one account, a minute between what happens."""

    def __init__(self, tier: str = "enterprise", **settings: Any) -> None:
        super().__init__([one for one in PROCESSORS if one.name in HEARD])
        self.now = MONDAY
        self.say(AccountCreated.model_validate({"tier": tier}))
        if settings:
            self.say(SettingsEscalationChanged.model_validate(settings, strict=False))

    def say(self, data: Any, after: int = MINUTE) -> None:
        self.now += after
        self.send(data, self.now, account="A")

    def opens(self, text: str = "Hello", priority: str = "normal", requester: str | None = None) -> None:
        told = {"ticket": "T", "text": text, "priority": priority, "requester": requester}
        self.say(TicketOpened.model_validate(told, strict=False))

    def writes(self, text: str, after: int = MINUTE) -> None:
        self.say(TicketMessageAdded(ticket="T", author="customer", text=text), after)

    def labels(self) -> list[str]:
        found = self.facts(TicketEscalated)
        return [term.label for term in found[0].terms] if found else []

    def told(self) -> list[bool]:
        """Of each alert, whether it was withdrawn."""
        return [one.withdrawn for one in self.facts(AlertRaised) if one.alert == "ticket.escalated"]


def test_a_priority_that_people_change_holds_for_the_next_message() -> None:
    desk = Desk()
    desk.opens("Please help", priority="urgent")
    desk.say(TicketPriorityChanged(ticket="T", priority="low"))
    desk.writes("Any news?")
    assert "priority low was chosen" in [term.label for term in desk.fact(TicketClassified).priority_reasons]
    by = [term.event_ids for term in desk.fact(TicketClassified).priority_reasons if "was chosen" in term.label]
    changed_by = [(record.id,) for record in desk.records if isinstance(record.data, TicketPriorityChanged)]
    assert by == changed_by
    changed_before = TicketPriorityChanged(ticket="T", priority="high")
    desk.send(changed_before, desk.now - 2 * MINUTE, account="A")  # told late, it changes nothing
    desk.writes("Hello?")
    assert "priority low was chosen" in [term.label for term in desk.fact(TicketClassified).priority_reasons]


def test_tier_and_priority_and_words_of_leaving_add_up() -> None:
    desk = Desk()
    desk.opens("Please help", priority="urgent")
    assert desk.facts(TicketEscalated) == []
    desk.writes("We will cancel our contract and are switching to somebody else.")
    fact = desk.fact(TicketEscalated)
    assert (fact.points, fact.tier, fact.priority) == (100, "enterprise", "urgent")
    assert [(term.label, term.amount, term.event_ids) for term in fact.terms] == [
        ("enterprise customer, priority urgent", 50.0, ("e-2",)),
        ("speaks of leaving: “cancel our”", 50.0, ("e-3",)),
    ]
    assert fact.explain(1).total == sum(term.amount for term in fact.terms)
    assert desk.told() == [False]
    desk.writes("Really, we cancel our contract!")
    assert desk.told() == [False]


def test_what_takes_the_points_away_takes_the_alert_back() -> None:
    desk = Desk(matrix={"enterprise": {"urgent": 60}})
    desk.opens(priority="urgent")
    assert desk.told() == [False]
    desk.say(TicketPriorityChanged(ticket="T", priority="low"))
    assert desk.facts(TicketEscalated) == []
    assert desk.told() == [True]


def test_a_broken_promise_counts_by_itself_on_a_quiet_stream() -> None:
    desk = Desk()
    desk.opens(priority="urgent")
    desk.tick(desk.now + 9 * HOUR)
    assert desk.fact(TicketEscalated).points == 75
    assert desk.labels()[1] == "broken promise: first_response 1"
    # The answer was given in time and becomes known late.
    desk.send(ExpertReplied(ticket="T", expert="x"), desk.now + HOUR, account="A", taken_at=desk.now + 10 * HOUR)
    assert desk.facts(TicketEscalated) == []
    assert desk.told() == [True]


def test_an_ended_ticket_stays_escalated_and_is_over() -> None:
    desk = Desk(edge_points=50)
    desk.opens(priority="urgent")
    desk.say(TicketResolved(ticket="T"))
    assert desk.fact(TicketEscalated).over_at == desk.now
    desk.say(TicketReopened(ticket="T"))
    assert desk.fact(TicketEscalated).over_at is None
    assert desk.labels()[-1] == "opened again, 1 times"
    assert desk.told() == [False]


def test_messages_without_an_answer_count_until_one_comes() -> None:
    desk = Desk(edge_points=15, matrix={"enterprise": {"urgent": 1}})
    desk.opens()
    desk.writes("Hello?")
    assert desk.labels() == []
    desk.writes("Is anybody there?")
    assert desk.labels() == ["3 messages without an answer"]
    desk.say(ExpertReplied(ticket="T", expert="x"))
    assert desk.labels() == []


def test_an_executive_is_known_by_settings_or_by_signature() -> None:
    named, signed = (Desk(executives=["p-1"], edge_points=30) for _ in range(2))
    named.opens(requester="p-1")
    signed.opens("Regards, Kim, CEO")
    assert named.labels() == ["enterprise customer, priority normal", "an executive: p-1"]
    assert signed.labels()[-1] == "an executive: ceo"


@pytest.mark.parametrize(
    ("text", "leaving", "executive"),
    [
        ("Wir kündigen zum Monatsende.", "kündig", ""),
        ("Vamos a cambiar de proveedor.", "cambiar de proveedor", ""),
        ("Nous allons résilier.", "résilier", ""),
        ("We are moving to Acme next month", "moving to acme", ""),
        ("Please cancel order 5, thank you", "", ""),
        ("The ceoexport fails; the cook book as well", "", ""),
        ("Unser Geschäftsführer fragt nach.", "", "geschäftsführ"),
        ("I am the CTO.", "", "cto"),
    ],
)
def test_words_of_leaving_and_of_office(text: str, leaving: str, executive: str) -> None:
    assert heard_in(text, ("Moving to Acme",)) == (leaving, executive)


def test_renewal_and_time_left_make_a_ticket_more_urgent() -> None:
    at = MONDAY
    assert [renewal_terms(at + days * DAY, at)[0].amount for days in (3, 30, 31, 60)] == [1.0, 1.0, 0.5, 0.5]
    assert renewal_terms(at + 61 * DAY, at) == renewal_terms(at - 1, at) == renewal_terms(None, at) == ()
    assert [slack_terms(used, ())[0].amount for used in (50, 79, 80, 99, 100, 400)] == [0.5, 0.5, 1.0, 1.0, 1.5, 1.5]
    assert slack_terms(49, ()) == slack_terms(None, ()) == ()


def test_the_reasons_of_a_priority_sum_to_its_urgency() -> None:
    desk = Desk()
    desk.say(AccountCreated.model_validate({"renewal_at": MONDAY + 10 * DAY}))
    desk.opens(priority="high")
    desk.writes("Still nothing?", after=7 * HOUR)
    fact = desk.fact(TicketClassified)
    labels = [term.label for term in fact.priority_reasons]
    assert labels[-2:] == ["renews in 9 days", "87 % of a promise is used up"]
    assert fact.urgency == sum(term.amount for term in fact.priority_reasons)
    assert fact.priority == priority_of(fact.priority_reasons)[0] == "urgent"
    desk.say(ExpertReplied(ticket="T", expert="x"))
    desk.writes("Thank you")
    assert "promise" not in " ".join(term.label for term in desk.fact(TicketClassified).priority_reasons)
