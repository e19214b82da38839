"""Are contestants compared by what they answered, and is the page whole in itself?"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from infra.quality import batch
from infra.quality.leaderboard import clinc_examples
from infra.quality.page import page
from infra.quality.row import Row
from infra.quality.standing import Chart, answered_at, precision_curve, reliability_curve, standing
from tests.learners.invented import tickets


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ([(0.9, True), (0.8, True), (0.3, False), (0.2, False)], 0.5),
        ([(0.9, False), (0.8, True), (0.7, True)], 0.0),
        ([(0.9, True), (0.8, True)], 1.0),
        # One wrong answer among many right ones may be given.
        ([(0.99, False)] + [(0.5, True)] * 19, 1.0),
    ],
)
def test_so_much_can_be_answered(answers: list[tuple[float, bool]], share: float) -> None:
    assert answered_at(answers) == share


def test_curves_are_of_the_answers() -> None:
    answers = [(0.95, True)] * 30 + [(0.45, True)] * 10 + [(0.45, False)] * 10
    assert [right for _, right in reliability_curve(answers)] == [0.5, 1.0]
    assert [sure for sure, _ in reliability_curve(answers)] == pytest.approx([0.45, 0.95])
    curve = precision_curve(answers, points=5)
    assert curve[-1] == (1.0, 0.8)
    assert [right for _, right in curve] == sorted((right for _, right in curve), reverse=True)


def test_the_batch_model_learns_what_there_is() -> None:
    train, test = tickets(300, seed=3), tickets(100, seed=4)
    model = batch.fitted(train)
    answers = model.answers([text for text, _ in test])
    assert sum(answer == label for (answer, _), (_, label) in zip(answers, test, strict=True)) >= 98
    assert all(0.0 < chance <= 1.0 for _, chance in answers)


def test_out_of_scope_is_a_part_of_its_own(datasets: Path) -> None:
    path = datasets / "clinc150" / "data_small.json"
    assert {label for _, label in clinc_examples(path, "oos_test")} == {"oos"}
    assert "oos" not in {label for _, label in clinc_examples(path, "test")}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_else_and_takes_words_as_words() -> None:
    line = standing("a < b", "ours & theirs", [(0.9, True), (0.4, False)], texts_per_second=10.0)
    chart = Chart("curve", "x", "y", (("ours", ((0.0, 0.0), (10.0, 1.0))), ("theirs", ())))
    reader = _Reader()
    reader.feed(page([Row("share <b>", 0.5, "share", 0.4, 0.3, "constant")], [line], [chart]))
    said = "".join(reader.words)
    assert "a < b" in said
    assert "ours & theirs" in said
    assert "share <b>" in said
    assert "b" not in {tag for tag, _ in reader.tags}
    assert not [attrs for _, attrs in reader.tags if {"src", "href"} & set(attrs)]
    assert sum(tag == "polyline" for tag, _ in reader.tags) == 2
