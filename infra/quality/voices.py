"""Is it told what patients speak of in their own words, and how bad it is?

Data: `nhs_feedback` (10,334 comments, nine topics, each with how critical it is from -4 to 4, in English). One pass
over four fifths of a seeded shuffle, each comment read before it is learned; then the last fifth. Topics are uneven:
the mean of the F1 of each counts rare ones as much as common ones. Comments whose criticality is no number from -5 to
5 teach no severity.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from infra.quality.batch import fitted
from infra.quality.row import Row
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from processors.severity import severity_of
from schemas.feedback import FeedbackGiven
from schemas.meaning import Meaning

_SEEDS = 3
Examples = list[tuple[str, str]]
Pairs = Sequence[tuple[object, str]]


def measure(datasets: Path) -> list[Row]:
    """Medians over seeds, beside a batch model of the same features; FileNotFoundError without the data set."""
    topics, severities = read_comments(datasets / "nhs_feedback" / "phase1_text_data.csv")
    rows = []
    for name, examples, goal in (("topic", topics, 0.57), ("severity", severities, None)):
        passes = [one_pass(*_split(examples, seed)) for seed in range(_SEEDS)]
        train, test = _split(examples, 0)
        batch = fitted(train).answers([text for text, _ in test])
        ceiling = mean_f1([(answer, label) for (answer, _), (_, label) in zip(batch, test, strict=True)])
        likeliest = Counter(label for _, label in train).most_common(1)[0][0]
        always = mean_f1([(likeliest, label) for _, label in test])
        what = f"nhs_feedback {name}, mean F1"
        rows += [
            Row(f"{what} after one pass", median(after for _, after in passes), "F1", goal, ceiling, "batch softmax"),
            Row(f"{what} before learning", median(before for before, _ in passes), "F1", None, always, "the commonest"),
        ]
    return rows


def with_meanings(datasets: Path, told: Callable[[Sequence[str]], Mapping[str, Meaning]]) -> list[Row]:
    """The same two where it is known what texts mean; beside them those by words alone."""
    topics, severities = read_comments(datasets / "nhs_feedback" / "phase1_text_data.csv")
    meanings, rows = told([text for text, _ in topics]), []
    for name, examples in (("topic", topics), ("severity", severities)):
        train, test = _split(examples, 0)
        ours, words = one_pass(train, test, meanings), one_pass(train, test)
        for place, when in enumerate(("before learning", "after one pass")):
            what = f"nhs_feedback {name} with meanings, mean F1 {when}"
            rows.append(Row(what, ours[place], "F1", None, words[place], "by words alone"))
    return rows


def one_pass(train: Examples, test: Examples, meanings: Mapping[str, Meaning] | None = None) -> tuple[float, float]:
    """The mean F1 of answers before learning each, and of those to the rest after the pass."""
    model, before, known = TextSoftmax(), [], meanings or {}
    for text, label in train:
        asked = Passage(text, known.get(text))
        before.append((model.predict_one(asked), label))
        model.learn_one(asked, label)
    after = [(model.predict_one(Passage(text, known.get(text))), label) for text, label in test]
    return mean_f1(before), mean_f1(after)


def mean_f1(pairs: Pairs) -> float:
    """The mean over labels of the harmonic mean of precision and recall; pairs are (answer, label)."""
    answered, labelled = Counter(answer for answer, _ in pairs), Counter(label for _, label in pairs)
    right = Counter(label for answer, label in pairs if answer == label)
    return sum([2 * right[label] / (answered[label] + labelled[label]) for label in labelled]) / len(labelled)


def read_comments(path: Path) -> tuple[Examples, Examples]:
    """Texts with their topics, and those whose criticality is a number with their severity."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["feedback"].strip()]
    topics = [(row["feedback"], row["label"]) for row in rows]
    severities = []
    for row in rows:
        number = row["criticality"].lstrip("-")
        if number.isdigit() and int(number) <= 5:
            said = FeedbackGiven(feedback="F", scale="criticality", score=float(row["criticality"]))
            severities.append((row["feedback"], severity_of(said) or ""))
    return topics, severities


def _split(examples: Examples, seed: int) -> tuple[Examples, Examples]:
    order = random.Random(seed).sample(examples, len(examples))  # noqa: S311 (an order to repeat, no secret)
    cut = 4 * len(order) // 5
    return order[:cut], order[cut:]
