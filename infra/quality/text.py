"""How well and how fast are texts classified, learning from each one once?

Data: `banking77` (13,083 questions to a bank, 77 intents). The training file is grouped by intent, so every pass is
over a seeded shuffle of it. Each text is classified before it is learned; the test file is classified after the pass.
"""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from river import feature_extraction, naive_bayes
from river.compose import Pipeline

from infra.quality.row import Row
from processors.learners.calibration import Reliability
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from schemas.meaning import Meaning

SETTLED = 5_000  # labels after which the calibration error is measured
RIVER_TEXTS = 3_000  # of the pass, and a third as many of the test file: River's pipeline takes far longer

Examples = list[tuple[str, str]]


@dataclass(frozen=True)
class Pass:
    """One pass: shares right before learning and on the test file, texts per second of one core, calibration error."""

    before_learning: float
    on_test: float
    texts_per_second: float
    calibration_error: float


def measure(datasets: Path, seeds: int) -> list[Row]:
    """Medians over seeded passes, beside River's naive Bayes; FileNotFoundError if the data set is not there."""
    train, test = (read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    passes = [one_pass(train, test, seed) for seed in range(seeds)]
    river = _compare(river_pipeline(), train, test, seed=0)
    ours = _compare(TextSoftmax(), train, test, seed=0)
    name = "River BagOfWords | MultinomialNB"
    part = f"first {RIVER_TEXTS} texts of one pass"
    return [
        Row("banking77 accuracy before learning", median(p.before_learning for p in passes), "share", 0.842),
        Row("banking77 accuracy on test.csv after one pass", median(p.on_test for p in passes), "share", 0.914),
        Row("banking77 classify and learn", median(p.texts_per_second for p in passes), "texts/s", 10_000),
        Row("banking77 calibration error after 5000 labels", median(p.calibration_error for p in passes), "ECE", 0.03),
        Row(f"banking77 accuracy before learning, {part}", ours[0], "share", None, river[0], name),
        Row(f"banking77 accuracy on test.csv after the {part}", ours[1], "share", None, river[1], name),
        Row(f"banking77 classify and learn, {part}", ours[2], "texts/s", None, river[2], name),
    ]


def one_pass(
    train: Examples,
    test: Examples,
    seed: int,
    limit: int | None = None,
    meanings: Mapping[str, Meaning] | None = None,
) -> Pass:
    """One pass of ours over the training file in the seed's order, or over the first so many of it.

    A text that is not among the meanings has words alone.
    """
    model, reliability, right, known = TextSoftmax(), Reliability(), 0, meanings or {}
    order = [(Passage(text, known.get(text)), label) for text, label in shuffled(train, seed)[:limit]]
    began = time.process_time()
    answers = []
    for asked, label in order:
        answer = model.best(asked)
        model.learn_one(asked, label)
        answers.append((answer, label))
    seconds = time.process_time() - began
    for position, (answer, label) in enumerate(answers):
        likeliest, chance = answer or (None, 0.0)
        right += likeliest == label
        if position >= SETTLED:
            reliability.update(chance, likeliest == label)
    on_test = sum(model.predict_one(Passage(text, known.get(text))) == label for text, label in test) / len(test)
    return Pass(right / len(order), on_test, len(order) / seconds, reliability.expected_error)


def river_pipeline() -> Pipeline:
    """The usual way to classify texts with River."""
    words = feature_extraction.BagOfWords(lowercase=True, ngram_range=(1, 2))
    return Pipeline(words, naive_bayes.MultinomialNB(alpha=0.1))  # type: ignore[no-untyped-call]


def _compare(model: Any, train: Examples, test: Examples, seed: int) -> tuple[float, float, float]:
    """Shares right before learning and on the test file, and texts per second, over a part of a pass."""
    order = shuffled(train, seed)[:RIVER_TEXTS]
    right = 0
    began = time.process_time()
    for text, label in order:
        right += model.predict_one(text) == label
        model.learn_one(text, label)
    seconds = time.process_time() - began
    part = shuffled(test, seed)[: RIVER_TEXTS // 3]
    on_test = sum(model.predict_one(text) == label for text, label in part) / len(part)
    return right / len(order), on_test, len(order) / seconds


def shuffled(examples: Examples, seed: int) -> Examples:
    """All of them in the order of a seed."""
    return random.Random(seed).sample(examples, len(examples))  # noqa: S311 (an order to repeat, no secret)


def read_examples(path: Path) -> Examples:
    """Texts with their categories, in the file's order."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]
