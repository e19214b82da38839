"""How a customer sounds: not measured until their language's ratings teach it, then explained, judged and followed."""

from __future__ import annotations

import pytest

from processors.catalog import PROCESSORS
from processors.urgency import mood_terms
from schemas.facts import PredictionMade, TicketClassified
from schemas.instant import HOUR, MINUTE
from schemas.sentiment import TicketSentiment
from schemas.tickets import TicketCsatAnswered, TicketMessageAdded, TicketOpened
from streams.driver import Driver
from tests.routing.bench import MONDAY

HEARD = ("triage", "sentiment", "sentiment.model", "settings", "accounts", "category.model")
WORDS = ("many thanks, all is well", "this is terrible and still broken")


class Desk(Driver):
    """Tickets that are rated an hour after they were opened."""

    def __init__(self) -> None:
        super().__init__([one for one in PROCESSORS if one.name in HEARD])
        self.now = MONDAY

    def opens(self, ticket: str, text: str, language: str = "en") -> None:
        self.now += 10 * MINUTE
        self.send(TicketOpened(ticket=ticket, text=text), self.now, account=f"A-{ticket}", language=language)

    def writes(self, ticket: str, text: str) -> None:
        self.now += MINUTE
        self.send(TicketMessageAdded(ticket=ticket, author="customer", text=text), self.now, language="en")

    def rates(self, ticket: str, score: int, account: str | None = None) -> None:
        self.now += MINUTE
        said = TicketCsatAnswered(ticket=ticket, score=score, scale=5)
        self.send(said, self.now, account=account or f"A-{ticket}")

    def taught(self, ratings: int = 44, language: str = "en") -> Desk:
        for number in range(ratings):
            self.opens(f"R-{number}", WORDS[number % 2], language)
            self.rates(f"R-{number}", (5, 1)[number % 2])
        return self

    def mood(self, ticket: str = "T") -> TicketSentiment:
        return next(one for one in self.facts(TicketSentiment) if one.ticket == ticket)


def test_a_language_without_ratings_is_not_measured() -> None:
    desk = Desk().taught()
    desk.opens("T", "das ist furchtbar", "de")
    mood = desk.mood()
    assert (mood.measured, mood.percent, mood.trend, mood.percents) == (False, None, None, ())
    assert mood.explain(1) is None


@pytest.mark.parametrize(("ratings", "measured"), [(40, True), (39, False), (10, False)])
def test_it_takes_so_many_ratings(ratings: int, measured: bool) -> None:
    desk = Desk().taught(ratings)
    desk.opens("T", "thanks")
    assert desk.mood().measured is measured


def test_ratings_that_words_do_not_tell_measure_nothing() -> None:
    desk = Desk()
    for number in range(60):
        desk.opens(f"R-{number}", "hello")
        desk.rates(f"R-{number}", (5, 1)[number % 2])
    desk.opens("T", "hello")
    assert desk.mood().measured is False


def test_the_trend_is_from_the_first_message_to_the_latest() -> None:
    desk = Desk().taught()
    desk.opens("T", "many thanks, all is well")
    desk.writes("T", "it is broken")
    desk.writes("T", "terrible, still broken")
    mood = desk.mood()
    assert mood.percents[0] > 80
    assert mood.percents[-1] < 20
    assert mood.trend == mood.percents[-1] - mood.percents[0]
    assert mood.percent == mood.percents[-1]
    assert len(mood.messages) == 3
    explained = mood.explain(1)
    assert explained is not None
    assert explained.total == pytest.approx(sum(term.amount for term in explained.terms))
    assert explained.total < 0


def test_the_latest_message_is_explained_whichever_is_told_last() -> None:
    desk = Desk().taught()
    desk.opens("T", "many thanks, all is well")
    desk.now += HOUR
    desk.writes("T", "terrible, still broken")
    before = desk.mood()
    told = TicketMessageAdded(ticket="T", author="customer", text="tout va bien, merci")
    desk.send(told, desk.now - 40 * MINUTE, taken_at=desk.now, language="fr")
    assert desk.mood() == before  # in a language that is not measured
    told = TicketMessageAdded(ticket="T", author="customer", text="many thanks, all is well")
    desk.send(told, desk.now - 30 * MINUTE, taken_at=desk.now, language="en")
    mood = desk.mood()
    assert (mood.event_id, mood.heard_at, mood.language) == (before.event_id, before.heard_at, "en")
    assert (mood.percent, mood.logit, mood.terms) == (before.percent, before.logit, before.terms)
    assert (len(mood.messages), mood.messages[-1], mood.percents[-1]) == (3, before.event_id, before.percent)
    desk.rates("T", 1)
    judged = [one for one in desk.facts(PredictionMade) if one.entity == "T" and one.label]
    assert [(one.event_id, one.label) for one in judged if one.model == "sentiment"] == [(mood.event_id, "sorry")]


def test_of_many_messages_a_late_one_in_the_middle_is_left_out() -> None:
    desk = Desk().taught()
    desk.opens("T", "many thanks, all is well")
    for _ in range(6):
        desk.now += MINUTE
        desk.writes("T", "it is broken")
    before = desk.mood()
    told = TicketMessageAdded(ticket="T", author="customer", text="many thanks, all is well")
    desk.send(told, desk.now - 12 * MINUTE + 1, taken_at=desk.now, language="en")
    after = desk.mood()
    assert (after.event_id, after.percents, after.terms) == (before.event_id, before.percents, before.terms)


def test_an_answer_is_judged_by_the_rating() -> None:
    desk = Desk().taught()
    desk.opens("T", "this is terrible")
    desk.rates("T", 5)
    desk.rates("T", 3)
    (made,) = [one for one in desk.facts(PredictionMade) if one.entity == "T" and one.model == "sentiment"]
    assert (made.answer, made.label, made.correct) == ("sorry", "glad", False)


def test_one_account_cannot_teach_it_all() -> None:
    desk = Desk()
    for number in range(60):
        desk.opens(f"R-{number}", WORDS[number % 2])
    for number in range(60):
        desk.now -= MINUTE
        desk.rates(f"R-{number}", (5, 1)[number % 2], account="one")
    desk.opens("T", "thanks")
    assert desk.mood().measured is False
    desk.now += HOUR


def test_a_sorry_customer_is_more_urgent() -> None:
    desk = Desk().taught()
    desk.opens("T", "this is terrible and still broken")
    fact = next(one for one in desk.facts(TicketClassified) if one.ticket == "T")
    assert fact.priority_reasons[-1].label.startswith("sounds glad to ")
    assert fact.priority_reasons[-1].amount == 1.0
    assert fact.urgency == sum(term.amount for term in fact.priority_reasons)
    assert [mood_terms(percent, ())[0].amount for percent in (0, 20, 21, 35)] == [1.0, 1.0, 0.5, 0.5]
    assert mood_terms(36, ()) == mood_terms(None, ()) == ()


def test_a_restart_changes_nothing() -> None:
    through, broken = Desk(), Desk()
    for desk in (through, broken):
        desk.taught()
        if desk is broken:
            desk.restart()
        desk.opens("T", "thanks for nothing")
        desk.rates("T", 1)
    assert broken.hash == through.hash
