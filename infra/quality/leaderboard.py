"""Who classifies texts best: ours in one pass, River's in one pass, or a batch model that sees all at once?

Data: `banking77` and `clinc150` (the small file without its out-of-scope part). Everybody is taught the training file
and asked the test file; the order of a pass is seeded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from infra.quality import batch
from infra.quality.standing import Chart, Standing, precision_curve, reliability_curve, standing
from infra.quality.text import Examples, read_examples, river_pipeline, shuffled
from processors.learners.text_softmax import TextSoftmax

RIVER_ANSWERS = 600  # of the test file: River's pipeline answers some hundred texts a second
EVERY = 500  # texts between two points of a curve of learning


@dataclass(frozen=True)
class Told:
    """What is shown of all contestants: their lines and the curves."""

    standings: list[Standing]
    charts: list[Chart]


@dataclass(frozen=True)
class _Try:
    standing: Standing
    answers: list[tuple[float, bool]]


def measure(datasets: Path) -> Told:
    """The leaderboard with its curves; FileNotFoundError if a data set is not there."""
    standings: list[Standing] = []
    charts: list[Chart] = []
    for task, train, test in (_banking(datasets), _clinc(datasets)):
        order = shuffled(train, 0)
        ours, learning = _ours(task, order, test)
        tries = [ours, _river(task, order, test), _batch(task, order, test)]
        standings += [one.standing for one in tries]
        charts += _charts(task, tries, learning)
    return Told(standings, charts)


def clinc_examples(path: Path, part: str) -> Examples:
    """Texts of a part of the file (`train`, `test`, `oos_test` …) with their intents, in the file's order."""
    return [(text, intent) for text, intent in orjson.loads(path.read_bytes())[part]]


def _banking(datasets: Path) -> tuple[str, Examples, Examples]:
    train, test = (read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    return "banking77", train, test


def _clinc(datasets: Path) -> tuple[str, Examples, Examples]:
    path = datasets / "clinc150" / "data_small.json"
    return "clinc150 small", clinc_examples(path, "train"), clinc_examples(path, "test")


def _ours(task: str, order: Examples, test: Examples) -> tuple[_Try, tuple[tuple[float, float], ...]]:
    model, right, curve = TextSoftmax(), 0, []
    began = time.process_time()
    for count, (text, label) in enumerate(order, start=1):
        right += model.predict_one(text) == label
        model.learn_one(text, label)
        if count % EVERY == 0:
            curve.append((float(count), right / EVERY))
            right = 0
    answers = [_known(model.best(text), label) for text, label in test]
    seconds = time.process_time() - began
    speed = (len(order) + len(test)) / seconds
    line = standing(task, "ours, one pass", answers, texts_per_second=speed, megabytes=model.size_bytes / 2**20)
    return _Try(line, answers), tuple(curve)


def _river(task: str, order: Examples, test: Examples) -> _Try:
    # River takes any kind of example and calls it a dict.
    model: Any = river_pipeline()
    asked = shuffled(test, 0)[:RIVER_ANSWERS]
    began = time.process_time()
    for text, label in order:
        model.learn_one(text, label)
    learned = time.process_time()
    answers = []
    for text, label in asked:
        chances = model.predict_proba_one(text)
        answers.append(_known(max(chances.items(), key=lambda one: one[1]), label))
    speed = 1 / ((learned - began) / len(order) + (time.process_time() - learned) / len(asked))
    name = "River BagOfWords | MultinomialNB, one pass"
    size = model._raw_memory_usage / 2**20  # noqa: SLF001 (River tells a size nowhere else)
    return _Try(standing(task, name, answers, texts_per_second=speed, megabytes=size), answers)


def _batch(task: str, order: Examples, test: Examples) -> _Try:
    began = time.process_time()
    model = batch.fitted(order)
    said = model.answers([text for text, _ in test])
    speed = (len(order) + len(test)) / (time.process_time() - began)
    answers = [_known(answer, label) for answer, (_, label) in zip(said, test, strict=True)]
    name = "softmax regression, batch"
    return _Try(standing(task, name, answers, texts_per_second=speed, megabytes=model.megabytes), answers)


def _known(answer: tuple[object, float] | None, label: str) -> tuple[float, bool]:
    return (0.0, False) if answer is None else (answer[1], answer[0] == label)


def _charts(task: str, tries: Sequence[_Try], learning: tuple[tuple[float, float], ...]) -> list[Chart]:
    def lines(
        curve: Callable[[Sequence[tuple[float, bool]]], tuple[tuple[float, float], ...]],
    ) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
        return tuple((one.standing.contestant, curve(one.answers)) for one in tries)

    sure = (("as sure as right", ((0.0, 0.0), (1.0, 1.0))),)
    return [
        Chart(f"{task}: right before learning, by texts learned", "texts", "share right", (("ours", learning),)),
        Chart(f"{task}: how sure and how often right", "confidence", "share right", lines(reliability_curve) + sure),
        Chart(f"{task}: right of what is answered", "share answered", "share right", lines(precision_curve)),
    ]
