"""What a tenant taught is the same whether or not it was saved and loaded on the way."""

from __future__ import annotations

import pytest

from processors.category_knowledge import BLOCK, LESSONS_KEPT
from processors.category_model import CATEGORY_MODEL
from schemas.emitted import LabelMatured
from schemas.instant import MINUTE
from streams.driver import Driver
from tests.learners.invented import tickets

START = 1_780_000_000_000_000
LABELS = LESSONS_KEPT + BLOCK + 100


def taught(at_once: int, *, restarts: bool) -> Driver:
    """A model that was saved after every so many labels, and loaded again each time."""
    driver = Driver((CATEGORY_MODEL,))
    events = [
        driver.event(
            LabelMatured(
                model="category", entity=f"T-{number}", text=text, label=str(label), said_by=f"p-{number % 9}"
            ),
            START + number * MINUTE,
            id=f"e-{number}",
        )
        for number, (text, label) in enumerate(tickets(LABELS, seed=41))
    ]
    for first in range(0, LABELS, at_once):
        driver.fold(events[first : first + at_once])
        if restarts:
            driver.restart()
    return driver


@pytest.mark.parametrize("at_once", [100, BLOCK, LABELS])
def test_saving_and_loading_changes_nothing(at_once: int) -> None:
    assert taught(at_once, restarts=True).hash == taught(LABELS // 3, restarts=False).hash


def test_most_saves_are_small() -> None:
    driver = taught(100, restarts=False)
    fold = driver.engine.fold_of(driver.tenant)
    knowledge = fold.read(CATEGORY_MODEL, "category")
    assert knowledge is not None
    whole = sum(map(len, knowledge.learner.encode_chunks().values()))
    assert knowledge.learner.n == LABELS
    assert len(knowledge.lately) == LABELS - BLOCK
    assert knowledge.settled.n == BLOCK
    assert 4 * sum(map(len, CATEGORY_MODEL.encode(knowledge).values())) < whole
