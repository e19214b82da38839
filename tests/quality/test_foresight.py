"""Are the measures what they are said to be, and is the model that ours is compared with a fair one?"""

from __future__ import annotations

from random import Random

import pytest

from infra.quality.batch_logistic import BatchLogistic
from infra.quality.breach import Foretold, Label, constant_rates, judged, refitted
from infra.quality.foresight import Answers, area, brier, calibration_error
from infra.quality.leaving import DAYS, Life, invented, shuffled
from processors.breach_features import Features
from schemas.instant import DAY


@pytest.mark.parametrize(
    ("answers", "ranked", "squared", "off"),
    [
        ([(0.9, True), (0.1, False)], 1.0, 0.01, 0.1),
        ([(0.1, True), (0.9, False)], 0.0, 0.81, 0.9),
        ([(0.5, True), (0.5, False)], 0.5, 0.25, 0.0),
        ([(0.2, False), (0.2, False), (0.2, False), (0.2, False), (0.2, True)], 0.5, 0.16, 0.0),
        ([(0.3, True), (0.3, True)], 0.5, 0.49, 0.7),
    ],
)
def test_measures(answers: Answers, ranked: float, squared: float, off: float) -> None:
    assert area(answers) == ranked
    assert brier(answers) == pytest.approx(squared)
    assert calibration_error(answers) == pytest.approx(off)


def test_a_pair_is_ranked_as_by_counting() -> None:
    draw = Random(3)
    answers = [(round(draw.random(), 1), draw.random() < 0.3) for _ in range(120)]
    pairs = [(a, b) for a, left in answers if left for b, stayed in answers if not stayed]
    counted = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)
    assert area(answers) == pytest.approx(counted)


def test_the_batch_model_finds_what_is_there() -> None:
    draw = Random(5)
    profiles: list[Features] = [{"plan": draw.choice(["a", "b"]), "size": draw.gauss(0.0, 1.0)} for _ in range(600)]
    happened = [draw.random() < (0.8 if one["plan"] == "a" else 0.2) for one in profiles]
    model = BatchLogistic(profiles, happened, ridge=1.0)
    a, b, other = model.probabilities([{"plan": "a", "size": 0.0}, {"plan": "b", "size": 0.0}, {"plan": "c"}])
    assert a == pytest.approx(0.8, abs=0.06)
    assert b == pytest.approx(0.2, abs=0.06)
    assert b < other < a


def test_nobody_looks_ahead() -> None:
    labels = [Label(DAY + 1, "x-1", True), Label(DAY + 2, "x-2", False), Label(9 * DAY, "x-3", True)]
    asked = [Foretold("x-2", DAY, 0.9), Foretold("x-3", 2 * DAY, 0.9), Foretold("x-3", 3 * DAY, 0.9)]
    assert [one.probability for one in constant_rates(asked, labels)] == [1 / 2, 2 / 4, 2 / 4]
    features: dict[str, Features] = {f"x-{number}": {"group": "one"} for number in (1, 2, 3)}
    said = refitted(asked, features, labels)
    assert [one.probability for one in said] == pytest.approx([0.5, 0.5, 0.5], abs=0.01)
    assert judged(said, labels[:1]) == []


def test_the_invented_book_is_of_its_seed_and_its_shuffled_one_of_others() -> None:
    lives = invented(1)
    assert lives == invented(1) != invented(2)
    others = shuffled(lives, 1)
    assert [one.name for one in others] == [one.name for one in lives]
    assert sum(one == other for one, other in zip(lives, others, strict=True)) < 10
    assert 0.15 < sum(one.leaves_on is not None and one.leaves_on < DAYS for one in lives) / len(lives) < 0.5


@pytest.mark.parametrize(("day", "shows"), [(9, 0.0), (10, 0.0), (55, 0.8), (100, 0.8), (110, 0.4), (120, 0.0)])
def test_trouble_rises_and_passes(day: int, shows: float) -> None:
    assert Life("a", 0, 0.0, 10, 0.8, 100, None).trouble(day) == pytest.approx(shows)
