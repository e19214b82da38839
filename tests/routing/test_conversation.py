"""A conversation's score: a hundred points, less what went wrong, and its terms sum to it exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.conversation_answers import waiting_in
from processors.checklist import Answer, Course
from processors.conversation import Waiting, conversation_terms, score_of
from processors.tickets import Entry
from schemas.conduct import QualityChecked
from schemas.instant import HOUR
from schemas.tickets import TicketReopened
from tests.routing.test_conduct import Desk

ANSWER = Answer("a-1", 60, greets=True)
OVER: dict[str, Any] = {"is_over": True, "ended_by": "end", "first": ANSWER, "closing": ("expert", "a-1")}


@pytest.mark.parametrize(
    ("course", "waiting", "score", "says"),
    [
        (Course(**OVER), None, 100, "the best there is"),
        (Course(opened_by="o"), None, 90, "not solved yet"),
        (Course(opened_by="o"), Waiting(3 * HOUR, "o"), 87, "waits for an answer, 3 h by now"),
        (Course(opened_by="o"), Waiting(HOUR - 1, "o"), 90, "not solved yet"),
        (Course(opened_by="o"), Waiting(400 * HOUR, "o"), 60, "waits for an answer, 400 h by now"),
        (Course(**OVER, asked_twice=["m-2"]), None, 90, "asked again before an answer: 1"),
        (Course(**OVER, asked_twice=list("abcde")), None, 70, "asked again before an answer: 5"),
        (Course(**OVER, reopened=["r"]), None, 85, "opened again: 1"),
        (Course(**OVER, breaches={"first_response 1": "b"}), None, 85, "broken promises: 1"),
        (Course(**OVER, empty=["e"]), None, 90, "empty answers: 1"),
        (Course(**OVER, experts={"anna": "a-1", "ben": "a-2"}), None, 95, "further experts: 1"),
        (Course(**OVER | {"first": None}), None, 60, "nobody answered"),
        (Course(**OVER | {"closing": ("customer", "m")}), None, 90, "the customer had the last word before its end"),
    ],
)
def test_what_takes_points(course: Course, waiting: Waiting | None, score: int, says: str) -> None:
    terms = conversation_terms(course, waiting)
    assert score_of(terms) == score
    assert says in [term.label for term in terms]
    assert all(term.event_ids for term in terms[1:])


ids = st.lists(st.text("abc", min_size=1), max_size=8, unique=True)
named = st.dictionaries(st.text("abc", min_size=1), st.just("e"), max_size=8)


@given(ids, ids, ids, named, named, st.booleans(), st.integers(0, 10**12))
def test_every_score_is_the_sum_of_its_terms(
    asked: list[str],
    reopened: list[str],
    empty: list[str],
    breaches: dict[str, str],
    experts: dict[str, str],
    is_over: bool,
    waited: int,
) -> None:
    course = Course(asked_twice=asked, reopened=reopened, empty=empty, breaches=breaches, experts=experts)
    course.is_over = is_over
    terms = conversation_terms(course, None if is_over else Waiting(waited, "m"))
    assert 0 <= score_of(terms) == sum(term.amount for term in terms) <= 100


def test_the_fact_of_a_ticket_that_is_over_has_it() -> None:
    desk = Desk()
    desk.opens()
    desk.writes()
    desk.answers()
    desk.solves()
    fact = desk.fact(QualityChecked)
    assert fact.score == sum(term.amount for term in fact.score_terms) == 90
    desk.say(TicketReopened(ticket="T"))
    desk.answers()
    desk.solves()
    assert desk.fact(QualityChecked).score == 75


def test_who_waits_and_since_when() -> None:
    def entry(at: int, type_: str, **values: Any) -> Entry:
        return Entry(at, f"e-{at}", type_, tuple(values.items()))

    asked = [entry(1, "ticket.opened"), entry(5, "ticket.message_added", author="customer", public=True)]
    noted = entry(6, "expert.replied", author="expert", public=False)
    bot = entry(7, "ticket.message_added", author="bot", public=True)
    assert waiting_in([*asked, noted, bot], 11) == Waiting(10, "e-1")
    answered = entry(8, "expert.replied", author="expert", public=True)
    assert waiting_in([*asked, answered], 11) is None
    again = entry(9, "ticket.message_added", author="customer", public=True)
    assert waiting_in([*asked, answered, entry(9, "ticket.assigned"), again], 11) == Waiting(2, "e-9")
