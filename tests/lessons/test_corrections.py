"""What people correct counts whatever is corrected, and whenever it is told."""

from __future__ import annotations

from itertools import permutations

import pytest
from msgspec.structs import replace

from processors.catalog import PROCESSORS
from schemas.event import Data
from schemas.experts import ExpertCorrected
from schemas.facts import PredictionMade, TicketClassified, TicketState
from schemas.instant import HOUR, MINUTE
from schemas.lessons import LessonTaken
from schemas.settings import SettingsTaxonomyChanged
from schemas.tickets import TicketMessageAdded, TicketOpened, TicketPriorityChanged, TicketResolved
from streams.driver import Driver
from tests.learners.invented import tickets
from tests.lessons.desk import CATALOG, START, Desk


def lived(correction: Data) -> Driver:
    """A ticket whose priority somebody says, and what came after it."""
    driver = Driver(PROCESSORS)
    driver.send(TicketOpened(ticket="T", title="x", text="please look", priority="urgent"), START, account="a")
    driver.send(correction, START + MINUTE, account="a", id="said")
    driver.send(TicketMessageAdded(ticket="T", author="customer", text="any news?"), START + HOUR, account="a")
    return driver


def test_a_corrected_priority_is_one_that_somebody_gave_the_ticket() -> None:
    corrected = lived(ExpertCorrected(ticket="T", expert="ada", field="priority", value="low"))
    changed = lived(TicketPriorityChanged(ticket="T", priority="low", by="ada"))
    assert corrected.facts(TicketState)[0].priority == "low"
    assert corrected.facts(TicketClassified)[0].priority == "low"
    assert sorted(map(repr, corrected.store.current[corrected.tenant].values())) == sorted(
        map(repr, changed.store.current[changed.tenant].values())
    )


def test_what_is_no_priority_changes_none() -> None:
    driver = lived(ExpertCorrected.model_construct(ticket="T", expert="ada", field="priority", value="asap"))
    assert driver.facts(TicketState)[0].priority == "urgent"


OPENED = TicketOpened(ticket="T", title="", text="the coffee machine in the lobby is leaking")
CORRECTED = ExpertCorrected(ticket="T", expert="ada", field="category", value="facilities")
RESOLVED = TicketResolved(ticket="T", by="ben", category="facilities")
AGAIN = ExpertCorrected(ticket="T", expert="cleo", field="category", value="kitchen")


def told(said: tuple[Data, ...], order: tuple[int, ...]) -> Driver:
    """What is known after these were told in an order; each has its own time."""
    driver = Driver(CATALOG)
    for place in order:
        driver.send(said[place], START + place * MINUTE, taken_at=START + HOUR, account="a", id=f"e-{place}")
    return driver


@pytest.mark.parametrize(
    "said",
    [(OPENED, CORRECTED), (OPENED, RESOLVED), (OPENED, CORRECTED, RESOLVED), (OPENED, CORRECTED, AGAIN)],
)
def test_what_is_said_of_a_ticket_before_it_comes_counts_when_it_does(said: tuple[Data, ...]) -> None:
    right = told(said, tuple(range(len(said))))
    assert right.facts(LessonTaken)
    for order in permutations(range(len(said))):
        if order[-1] != 0:
            continue
        other = told(said, order)
        # How many labels the model had learned differs: several of one record are learned when it is over.
        ((one,), (like,)) = right.facts(TicketClassified), other.facts(TicketClassified)
        assert replace(one, n=0) == replace(like, n=0)
        assert other.facts(PredictionMade) == right.facts(PredictionMade)
        assert other.facts(LessonTaken) == right.facts(LessonTaken)


def test_of_a_flood_of_labels_before_a_ticket_the_latest_stay() -> None:
    driver = Driver(CATALOG)
    for number in range(40):
        said = ExpertCorrected(ticket="T", expert="ada", field="category", value=f"label-{number}")
        driver.send(said, START + number, account="a")
    driver.send(OPENED, START + HOUR, account="a")
    assert len(driver.facts(LessonTaken)) == 4
    assert driver.facts(TicketClassified)[0].category == "label-39"


def categories(desk: Desk, *names: str) -> None:
    desk.driver.send(SettingsTaxonomyChanged(categories=dict.fromkeys(names, ())), desk.at + MINUTE)
    desk.at += 2 * MINUTE


def test_a_category_that_tickets_cannot_have_any_more_is_not_told() -> None:
    desk = Desk()
    desk.teach(tickets(80, seed=1))
    desk.open("before", "two invoices for one month")
    before = desk.classified("before")
    assert (before.category, before.model) == ("billing", "category.model")
    others = [str(label) for label in desk.knowledge.learner.state.labels if label != "billing"]
    categories(desk, *others)
    desk.open("after", "two invoices for one month")
    after = desk.classified("after")
    assert after.category != "billing"
    assert {name for name, _ in after.candidates} <= set(others)
    categories(desk, "nothing that was taught")
    desk.open("last", "two invoices for one month")
    assert desk.classified("last").model == "category.rule"
    assert desk.classified("last").category is None
    categories(desk, *others, "billing")
    desk.open("again", "two invoices for one month")
    assert desk.classified("again").candidates == before.candidates


def test_a_correction_does_not_bring_back_a_category_that_was_dropped() -> None:
    desk = Desk()
    desk.open("V", "the coffee machine in the lobby is leaking")
    desk.correct("V", "facilities", "ada")
    categories(desk, "billing", "login")
    desk.open("W", "the coffee machine in the lobby is leaking")
    assert "facilities" not in [name for name, _ in desk.classified("W").candidates]
    assert desk.classified("V").category == "facilities"
