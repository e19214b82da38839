"""One person's corrections act at once on tickets like theirs, and next to nothing on all others."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.quality.poison import poisoned
from processors.category_guard import MOST_PEOPLE, UNRELATED, Guard
from processors.category_model import CATEGORY_MODEL
from processors.learners.features import feature_ids
from processors.learners.like_texts import likeness_of, sketch_of
from processors.settings import Limits
from schemas.instant import HOUR
from schemas.lessons import LessonTaken, ModelState
from tests.learners.invented import tickets
from tests.lessons.desk import Desk, moved

LEARNED = 80
PROMISED = 0.05


def taught(seed: int, labels: int = LEARNED) -> Desk:
    desk = Desk()
    desk.teach(tickets(labels, seed))
    desk.next_hour()
    assert desk.knowledge.answers
    return desk


@cache
def asked() -> tuple[str, ...]:
    return tuple(text for text, _ in tickets(40, seed=999))


def unrelated(desk: Desk, texts: list[str], to: list[str]) -> list[str]:
    weigh = desk.knowledge.learner.rarities
    sketches = [sketch_of(feature_ids(text)) for text in to]
    return [
        text
        for text in texts
        if all(likeness_of(sketch_of(feature_ids(text)), sketch, weigh) < UNRELATED for sketch in sketches)
    ]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["another", "new", "random"]), st.integers(5, 40))
def test_a_flood_of_corrections_moves_what_is_unrelated_by_little(seed: int, aim: str, flood: int) -> None:
    chance = random.Random(seed)
    desk = taught(seed)
    victims = chance.sample(tickets(200, seed + 1), flood)
    others = unrelated(desk, list(asked()), [text for text, _ in victims])
    before = desk.answers(list(asked()))
    for number, (text, label) in enumerate(victims):
        labels = [one for one in ("billing", "login", "export", "outage") if one != label]
        wrong = {"another": labels[0], "new": "nonsense", "random": chance.choice(labels)}[aim]
        desk.open(f"V-{number}", text)
        desk.correct(f"V-{number}", wrong, "mallory")
        # It acts at once on its own ticket, and on the next one with the same words.
        assert desk.classified(f"V-{number}").category == wrong
    assert desk.at // HOUR == (desk.at - flood * 2_000_000) // HOUR
    after = desk.answers(list(asked()))
    kept = [place for place, text in enumerate(asked()) if text in others]
    if kept:
        assert moved([before[place] for place in kept], [after[place] for place in kept]) <= PROMISED
    desk.open("again", victims[-1][0])
    assert desk.classified("again").category == desk.classified(f"V-{flood - 1}").category
    assert desk.driver.fact(ModelState).held >= flood // 2


def test_another_tenant_is_not_moved_at_all() -> None:
    first, second = taught(1), Desk("other")
    second.teach(tickets(30, 2))
    before = second.driver.hash
    for number, (text, _) in enumerate(tickets(30, 3)):
        first.open(f"V-{number}", text)
        first.correct(f"V-{number}", "nonsense", "mallory")
    assert second.driver.hash == before


def test_what_customers_write_teaches_nothing() -> None:
    desk = taught(1)
    before = CATEGORY_MODEL.digest(desk.knowledge)
    for number, (text, label) in enumerate(tickets(30, 3)):
        desk.open(f"V-{number}", f"{text} this is {label}, category {label}")
        desk.write(f"V-{number}", "category: nonsense")
    assert CATEGORY_MODEL.digest(desk.knowledge) == before


@pytest.mark.parametrize(
    ("limits", "outcomes"),
    [
        ({"lessons_per_person_hour": 2}, ["learned", "learned", "held: person", "learned"]),
        ({"lessons_per_tenant_hour": 1}, ["learned", "held: tenant", "held: tenant", "held: tenant"]),
        ({"lessons_per_person_hour": 0}, ["held: person"] * 4),
        ({}, ["learned"] * 4),
    ],
)
def test_what_is_over_a_limit_is_counted_and_not_learned(limits: dict[str, int], outcomes: list[str]) -> None:
    desk = Desk()
    desk.limit(**limits)
    desk.next_hour()
    for number, (text, label) in enumerate(tickets(4, seed=5)):
        desk.open(f"T-{number}", text)
        desk.resolve(f"T-{number}", label, "ada" if number < 3 else "bob")
    assert [fact.outcome for fact in desk.driver.facts(LessonTaken)] == outcomes
    assert desk.driver.fact(ModelState).held == sum(outcome != "learned" for outcome in outcomes)
    assert desk.driver.fact(ModelState).n == outcomes.count("learned")


def test_the_hour_is_not_moved_by_dating_what_is_said() -> None:
    desk = Desk()
    desk.limit(lessons_per_person_hour=3)
    desk.next_hour()
    for number, (text, label) in enumerate(tickets(12, seed=5)):
        desk.open(f"T-{number}", text)
        desk.resolve(f"T-{number}", label, "ada", dated=desk.at - number * 2 * HOUR)
    assert desk.driver.fact(ModelState).n == 3


def test_no_one_person_promotes_a_model_within_an_hour() -> None:
    desk = Desk()
    for number, (text, label) in enumerate(tickets(55, seed=6)):
        desk.open(f"T-{number}", text)
        desk.resolve(f"T-{number}", label, "ada")
    assert not desk.knowledge.answers
    for number, (text, label) in enumerate(tickets(4, seed=7)):
        desk.next_hour()
        desk.open(f"U-{number}", text)
        desk.resolve(f"U-{number}", label, "ada")
    assert desk.knowledge.answers


def test_a_final_category_said_by_another_confirms_what_was_held() -> None:
    desk = taught(1, 60)
    for number, (text, _) in enumerate(tickets(10, 11)):
        desk.open(f"U-{number}", text)
        desk.correct(f"U-{number}", "nonsense", "mallory")
    desk.open("V", "the coffee machine in the lobby is leaking")
    desk.correct("V", "facilities", "mallory")
    assert [fact.outcome for fact in desk.driver.facts(LessonTaken) if fact.entity == "V"] == ["held: reach"]
    n = desk.knowledge.learner.n
    desk.resolve("V", "facilities", "mallory")
    assert desk.knowledge.learner.n == n
    desk.resolve("V", "facilities", "bob")
    assert desk.knowledge.learner.n == n + 1
    desk.resolve("V", "facilities", "carol")
    assert desk.knowledge.learner.n == n + 1


def test_questions_to_a_bank(datasets: Path) -> None:
    worst = poisoned(datasets, seed=3, learned=250, flood=25, asked=40)
    assert worst.unrelated <= PROMISED
    assert worst.like_right >= 0.9


def test_who_is_counted_is_not_forgotten_among_many() -> None:
    guard, limits = Guard(), Limits()
    for number in range(MOST_PEOPLE):
        guard.hold(f"person-{number}", HOUR, limits)
    taken = [guard.hold("a", HOUR, limits) for _ in range(limits.lessons_per_person_hour + 1)]
    assert [one is None for one in taken] == [True] * limits.lessons_per_person_hour + [False]
