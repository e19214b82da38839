"""Taking back what a person taught leaves the model that would be had it never been said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.category_knowledge import BLOCK, LESSONS_KEPT
from processors.category_record import LEAST_SETTLED, Record
from processors.learners.text_softmax import TextSoftmax
from schemas.lessons import LessonsUnlearned, ModelState
from tests.learners.invented import tickets
from tests.lessons.desk import Desk

LABELS = ("billing", "login", "export", "outage")


def lived(seed: int, labels: int, *, with_mallory: bool, mallorys_every: int = 4) -> Desk:
    """Tickets resolved by several people, every so many by mallory, who is wrong, or by nobody."""
    desk = Desk()
    desk.limit(lessons_per_person_hour=1_000)
    for number, (text, label) in enumerate(tickets(labels, seed)):
        desk.at += 60_000_000
        if number % mallorys_every:
            desk.open(f"T-{number}", text)
            desk.resolve(f"T-{number}", label, f"expert-{number % 3}")
        elif with_mallory:
            desk.open(f"T-{number}", text)
            desk.resolve(f"T-{number}", LABELS[(LABELS.index(label) + 1) % 4], "mallory")
        else:
            desk.at += 2_000_000
    return desk


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1_000), st.integers(20, 60), st.integers(2, 9), st.booleans())
def test_the_model_is_as_if_it_had_never_been_said(seed: int, labels: int, every: int, restart: bool) -> None:
    desk = lived(seed, labels, with_mallory=True, mallorys_every=every)
    if restart:
        desk.driver.restart()
    desk.withdraw("mallory")
    if restart:
        desk.driver.restart()
    never = lived(seed, labels, with_mallory=False, mallorys_every=every)
    assert desk.knowledge.learner.digest() == never.knowledge.learner.digest()
    assert desk.knowledge.record == never.knowledge.record
    said = desk.driver.facts(LessonsUnlearned)[-1]
    assert said.lessons == len(range(0, labels, every))
    assert not said.beyond_reach
    assert desk.driver.fact(ModelState).withdrawn == said.lessons


def test_what_it_changed_is_told() -> None:
    desk = lived(3, 120, with_mallory=True, mallorys_every=2)
    desk.withdraw("mallory")
    said = desk.driver.facts(LessonsUnlearned)[-1]
    assert 0 < said.answers_changed <= said.asked
    assert said.largest_move > 0.3


@pytest.mark.parametrize(("since", "until", "gone"), [(None, None, 40), (10, None, 30), (None, 9, 10), (10, 19, 10)])
def test_only_that_time_is_taken_back(since: int | None, until: int | None, gone: int) -> None:
    desk = Desk()
    desk.limit(lessons_per_person_hour=1_000)
    at: list[int] = []
    for number, (text, label) in enumerate(tickets(40, 5)):
        desk.at += 60_000_000
        desk.open(f"T-{number}", text)
        desk.resolve(f"T-{number}", label, "ada")
        at.append(desk.at)
    desk.withdraw("ada", None if since is None else at[since], None if until is None else at[until])
    assert desk.driver.facts(LessonsUnlearned)[-1].lessons == gone
    assert desk.knowledge.learner.n == 40 - gone


def test_what_somebody_corrected_is_forgotten_with_it() -> None:
    desk = Desk()
    desk.open("V", "the coffee machine in the lobby is leaking")
    desk.correct("V", "facilities", "mallory")
    desk.withdraw("mallory")
    assert desk.driver.facts(LessonsUnlearned)[-1].remembered == 1
    desk.open("W", "the coffee machine in the lobby is leaking")
    assert desk.classified("W").category != "facilities"


def test_what_has_settled_is_said_to_be_out_of_reach() -> None:
    desk = lived(7, LESSONS_KEPT + BLOCK, with_mallory=True)
    assert desk.knowledge.settled.n == BLOCK
    kept = sum(one.person == "mallory" for one in desk.knowledge.lately)
    desk.withdraw("mallory")
    said = desk.driver.facts(LessonsUnlearned)[-1]
    assert (said.lessons, said.beyond_reach) == (kept, True)
    before = desk.driver.hash
    desk.driver.restart()
    assert desk.driver.hash == before
    desk.withdraw("expert-1", since=desk.knowledge.lately[3].at)
    assert not desk.driver.facts(LessonsUnlearned)[-1].beyond_reach


def answering(record: Record) -> str:
    return record.answering


def test_who_falls_behind_gives_way_and_comes_back_when_it_is_as_good() -> None:
    model, none = TextSoftmax(), TextSoftmax()
    for text, label in tickets(2 * LEAST_SETTLED, 8):
        model.learn_one(text, label)
    text, label = tickets(1, 9)[0]
    record = Record("model", model_right=80.0, settled_right=85.0, rule_right=50.0, judged=100.0)
    record.judge(label, "", model, model, text)
    assert answering(record) == "model"  # five labels of a hundred are less than a difference of six
    record.settled_right = 95.0
    record.judge(label, "", model, model, text)
    assert answering(record) == "settled"
    record.model_right = record.settled_right
    record.judge(label, "", model, model, text)
    assert answering(record) == "model"
    record.rule_right = record.model_right + 7.0
    record.judge(label, label, model, none, text)
    assert answering(record) == "rule"
