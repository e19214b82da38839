"""A correction speaks for its own ticket and for those like it, until somebody else says otherwise."""

from __future__ import annotations

from processors.category_memory import MOST_REMEMBERED, Memory
from processors.learners.text_softmax import TextSoftmax
from schemas.facts import TicketClassified
from tests.learners.invented import tickets
from tests.lessons.desk import Desk

MACHINE = "the coffee machine in the lobby is leaking"


def even() -> TextSoftmax:
    return TextSoftmax()


def terms_sum(fact: TicketClassified) -> bool:
    total = 0.0
    for term in fact.terms:
        total += term.amount
    return total == fact.logit


def test_a_correction_is_the_answer_at_once_and_for_the_next_like_ticket() -> None:
    desk = Desk()
    desk.teach(tickets(60, seed=1))
    desk.open("V", MACHINE)
    assert desk.classified("V").category != "facilities"
    desk.correct("V", "facilities", "ada")
    own = desk.classified("V")
    assert (own.category, own.model, own.probability) == ("facilities", "category.correction", 1.0)
    assert terms_sum(own)
    desk.write("V", "it still does")
    assert desk.classified("V").category == "facilities"
    desk.open("W", f"hello, {MACHINE}")
    like = desk.classified("W")
    assert (like.category, like.model) == ("facilities", "category.like")
    assert terms_sum(like)
    assert like.terms[0].event_ids == (own.event_id,) or like.terms[0].event_ids
    assert like.terms[0].label.startswith("ada corrected V, ")
    desk.open("X", "two invoices for one month")
    assert desk.classified("X").model == "category.model"


def test_before_anything_is_taught_it_speaks_too() -> None:
    desk = Desk()
    desk.open("V", MACHINE)
    desk.correct("V", "facilities", "ada")
    desk.open("W", MACHINE)
    assert desk.classified("W").category == "facilities"
    assert terms_sum(desk.classified("W"))


def test_somebody_else_takes_it_back_by_the_outcome_of_a_like_ticket() -> None:
    desk = Desk()
    desk.open("V", MACHINE)
    desk.correct("V", "nonsense", "mallory")
    desk.open("W", MACHINE)
    desk.resolve("W", "nonsense", "mallory")
    assert desk.knowledge.memory.corrections
    desk.open("X", MACHINE)
    desk.resolve("X", "facilities", "ada")
    assert not desk.knowledge.memory.corrections


def test_nobody_drives_out_what_others_corrected() -> None:
    memory, model = Memory(), even()
    memory.remember("T", "facilities", "ada", "e", 0, MACHINE)
    for number in range(3 * MOST_REMEMBERED):
        memory.remember(f"V-{number}", "nonsense", "mallory", f"e-{number}", number, f"ticket number {number}")
    assert len(memory.corrections) == MOST_REMEMBERED
    near = memory.nearest(MACHINE, model.rarities)
    assert near is not None
    assert near.correction.person == "ada"
    assert near.share == 1.0


def test_the_last_correction_of_a_ticket_counts() -> None:
    memory = Memory()
    for label in ("billing", "facilities"):
        memory.remember("T", label, "ada", "e", 0, MACHINE)
    assert [one.label for one in memory.corrections] == ["facilities"]
