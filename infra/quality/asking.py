"""How many labels does it save to be asked for the right ones?

Data: `banking77`. Labels are given fifty at a time: those that `teach --suggest` would list of six hundred drawn from
what is not labelled, or the next ones. Both start with the same hundred. A part of the test file is asked meanwhile.
"""

from __future__ import annotations

import random
from pathlib import Path
from statistics import fmean

from infra.quality.row import Row
from infra.quality.standing import Chart
from infra.quality.text import Examples, read_examples, shuffled
from processors.learners.informative import most_informative
from processors.learners.text_softmax import TextSoftmax

WANTED = 0.84  # of the test file
AT_ONCE = 50
POOL = 600
START = 100
MOST = 2_600
ASKED = 800  # of the test file

Curve = list[tuple[float, float]]


def measure(datasets: Path, seeds: int) -> tuple[list[Row], Chart]:
    """The labels that both need for the same accuracy, means over seeds, and the curves of the first."""
    train, test = (read_examples(datasets / "banking77" / f"{part}.csv") for part in ("train", "test"))
    runs = [(curve(train, test, seed, suggest=True), curve(train, test, seed, suggest=False)) for seed in range(seeds)]
    asked, drawn = (fmean(labels_for(WANTED, run[place]) for run in runs) for place in (0, 1))
    name = f"banking77 labels until {WANTED:.0%} of test.csv are right, suggested"
    rows = [
        Row(name, asked, "labels", None, drawn, "as they come"),
        Row("banking77 labels saved by suggestions at equal accuracy", 1 - asked / drawn, "share", 0.3),
    ]
    lines = (("suggested", tuple(runs[0][0])), ("as they come", tuple(runs[0][1])))
    return rows, Chart("banking77: right on test.csv, by labels given", "labels", "share right", lines)


def curve(train: Examples, test: Examples, seed: int, *, suggest: bool, most: int = MOST) -> Curve:
    """(labels given, share of the test file that is right)."""
    pool, asked = shuffled(train, seed), shuffled(test, seed)[:ASKED]
    chance, model, points, given = random.Random(seed), TextSoftmax(), [], 0  # noqa: S311 (an order to repeat)
    while given < most:
        chosen = _suggested(model, pool, chance) if suggest and given >= START else list(range(AT_ONCE))
        for place in chosen:
            model.learn_one(*pool[place])
        kept = set(range(len(pool))) - set(chosen)
        pool, given = [pool[place] for place in sorted(kept)], given + len(chosen)
        if given % (2 * AT_ONCE) == 0:
            points.append((float(given), sum(model.predict_one(text) == label for text, label in asked) / len(asked)))
    return points


def labels_for(wanted: float, points: Curve) -> float:
    """After how many labels this accuracy is first reached, by straight lines between points; the last if never."""
    before = (0.0, 0.0)
    for given, right in points:
        if right >= wanted:
            return before[0] + (given - before[0]) * (wanted - before[1]) / (right - before[1])
        before = (given, right)
    return points[-1][0]


def _suggested(model: TextSoftmax, pool: Examples, chance: random.Random) -> list[int]:
    drawn = chance.sample(range(len(pool)), min(POOL, len(pool)))
    margins = []
    for place in drawn:
        (_, first), (_, second) = model.likeliest(pool[place][0], 2)
        margins.append(first - second)
    return [drawn[place] for place in most_informative([pool[place][0] for place in drawn], margins, AT_ONCE)]
