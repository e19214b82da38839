"""Confidence against truth: the error, and where to abstain."""

from __future__ import annotations

import random

import pytest

from processors.learners.calibration import MOST_ANSWERS, Reliability
from processors.learners.container import DamagedModel


def honest(count: int, sharpness: float) -> Reliability:
    """Answers right as often as `confidence ** sharpness` says."""
    chance, reliability = random.Random(5), Reliability()
    for _ in range(count):
        confidence = chance.random()
        reliability.update(confidence, chance.random() < confidence**sharpness)
    return reliability


def test_honest_confidence_has_a_small_error_and_boasting_a_large_one() -> None:
    assert Reliability().expected_error == 0.0
    assert honest(8_000, 1.0).expected_error < 0.02
    assert honest(8_000, 3.0).expected_error > 0.2


def test_the_threshold_gives_the_precision_that_was_asked_for() -> None:
    reliability = honest(8_000, 1.0)
    threshold = reliability.threshold(0.9)
    assert threshold is not None
    assert 0.75 <= threshold <= 0.85
    measured = reliability.precision(threshold)
    assert measured is not None
    assert measured >= 0.9
    assert reliability.threshold(0.999) is None


def test_too_few_answers_are_not_believed() -> None:
    reliability = Reliability()
    for _ in range(29):
        reliability.update(0.97, True)
    assert (reliability.precision(0.9), reliability.threshold(0.5)) == (None, None)
    reliability.update(0.97, True)
    assert (reliability.precision(0.9), reliability.threshold(0.5)) == (1.0, 0.0)


def test_old_answers_fade() -> None:
    reliability = Reliability()
    for _ in range(int(MOST_ANSWERS)):
        reliability.update(0.9, False)
    assert reliability.total == MOST_ANSWERS / 2


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="must be in"):
        Reliability().update(confidence, True)


def test_it_comes_back_as_it_was() -> None:
    reliability = honest(100, 1.0)
    assert Reliability.decode(reliability.encode()) == reliability


@pytest.mark.parametrize("damaged", ["", "[]", '{"answers": [1]}', '{"else": 1}'])
def test_damaged_counts_are_refused(damaged: str) -> None:
    with pytest.raises(DamagedModel):
        Reliability.decode(damaged)
