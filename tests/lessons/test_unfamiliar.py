"""What nobody has taught stands out for no category, and is held back."""

from __future__ import annotations

import pytest

from processors.category_record import Record
from processors.learners.directions import direction
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from processors.settings import Limits
from schemas.facts import TicketClassified
from tests.learners.invented import tickets
from tests.lessons.desk import Desk


@pytest.mark.parametrize(
    ("lead", "percent", "held"),
    [(0.1, 5, True), (1.1, 5, False), (1.1, 10, True), (9.0, 99, False), (9.0, 100, True), (0.1, 0, False)],
)
def test_the_share_that_stands_out_least(lead: float, percent: int, held: bool) -> None:
    record = Record()
    for band, count in ((0, 5.0), (4, 5.0), (36, 90.0)):
        record.leads[band] = count
    assert record.is_unfamiliar(lead, percent) is held


def test_nothing_is_unfamiliar_before_enough_was_judged() -> None:
    record = Record()
    record.leads[3] = 49.0
    assert not record.is_unfamiliar(0.0, 100)


def test_a_lead_is_over_the_mean_of_the_others() -> None:
    model = TextSoftmax()
    assert model.lead("anything") == 0.0
    for text, label in tickets(80, seed=2):
        model.learn_one(text, label)
    text, label = tickets(1, seed=3)[0]
    assert model.predict_one(text) == label
    assert model.lead(text) > 2 * model.lead("Grüezi mitenand, wo bleibt mein Velo?")


def test_a_meaning_far_from_all_that_was_taught_stands_out_less() -> None:
    model = TextSoftmax()
    for number in range(60):
        label = ("billing", "login")[number % 2]
        values = [9.0, number / 60, 0.0, 1.0] if number % 2 else [0.0, 9.0, number / 60, 1.0]
        model.learn_one(Passage(f"{label} w{number}", direction("m", values)), label)
    text = "login, please"
    alone = model.lead(text)
    near, far = (model.lead(Passage(text, direction("m", values))) for values in ([9, 0, 0, 1], [0, 0, 1, 9]))
    assert far < alone < near


@pytest.mark.parametrize(("has_meaning", "percent"), [(False, 5), (True, 2)])
def test_less_is_held_back_where_meanings_are_known(has_meaning: bool, percent: int) -> None:
    assert Limits().unfamiliar(has_meaning) == percent


def test_a_ticket_about_something_else_gets_no_category() -> None:
    desk = Desk()
    desk.teach(tickets(120, seed=6), minutes=20)
    desk.open("V", "Grüezi mitenand, wo bleibt mein Velo?")
    desk.open("W", tickets(1, seed=3)[0][0])
    found = {fact.ticket: fact for fact in desk.driver.facts(TicketClassified)}
    assert found["V"].category is None
    assert found["V"].candidates
    assert found["W"].category == tickets(1, seed=3)[0][1]
