"""Are the labels that both ways need counted alike?"""

from __future__ import annotations

import pytest

from infra.quality.asking import curve, labels_for
from tests.learners.invented import tickets


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [(0.5, 100.0), (0.6, 150.0), (0.7, 200.0), (0.99, 400.0), (0.25, 50.0)],
)
def test_labels_until_an_accuracy(wanted: float, labels: float) -> None:
    points = [(100.0, 0.5), (200.0, 0.7), (300.0, 0.65), (400.0, 0.9)]
    assert labels_for(wanted, points) == pytest.approx(labels)


def test_nobody_is_asked_about_a_text_twice() -> None:
    train, test = tickets(400, seed=1), tickets(50, seed=2)
    points = curve(train, test, 0, suggest=True, most=300)
    assert [given for given, _ in points] == [100.0, 200.0, 300.0]
    assert points[-1][1] >= 0.95
