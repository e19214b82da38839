"""Are tickets about something that nobody has taught found, and put together?

Data: `clinc150` (the small file). Some intents are never taught: one pass over the others, then all texts of those
intents and the test file are asked. What is held back, as triage would hold it back, is put into groups.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from infra.quality.leaderboard import clinc_examples
from infra.quality.row import Row
from infra.quality.text import Examples, shuffled
from processors.category_record import Record
from processors.learners.text_groups import groups_of
from processors.learners.text_softmax import TextSoftmax
from processors.settings import DEFAULT_LIMITS

UNTAUGHT = 8  # intents
_DRAWN = 20  # random groups of the same sizes


@dataclass(frozen=True)
class Found:
    """Of texts in groups, the share that is of its group's commonest intent, and of random groups of these sizes; of
    texts held back the share in groups; of untaught intents the share that is the commonest of some group.
    """

    purity: float
    by_chance: float
    grouped: float
    intents: float


def measure(datasets: Path, seeds: int) -> list[Row]:
    """Means over seeds, each with other intents left out."""
    found = [_found(datasets / "clinc150" / "data_small.json", seed) for seed in range(seeds)]
    of = f"clinc150 new topics ({UNTAUGHT} intents never taught)"
    purity, chance = fmean(one.purity for one in found), fmean(one.by_chance for one in found)
    return [
        Row(f"{of}: purity of groups", purity, "share", 0.75, chance, "random groups of the same sizes"),
        Row(f"{of}: in a group, of what is held back", fmean(one.grouped for one in found), "share"),
        Row(f"{of}: with a group of their own", fmean(one.intents for one in found), "share", 0.8),
    ]


def _found(path: Path, seed: int) -> Found:
    train, test = (clinc_examples(path, part) for part in ("train", "test"))
    chance = random.Random(seed)  # noqa: S311 (intents to leave out again, no secret)
    untaught = sorted(chance.sample(sorted(dict.fromkeys(label for _, label in train)), UNTAUGHT))
    held = _held_back(train, [one for one in train if one[1] in untaught] + test, untaught, seed)
    labels = [label for _, label in held]
    groups = [group.places for group in groups_of([text for text, _ in held])]
    sizes = [len(group) for group in groups]
    grouped = sum(sizes)
    random_groups = fmean(_commonest(_drawn(labels, sizes, chance)) for _ in range(_DRAWN))
    owners = [Counter(labels[place] for place in group).most_common(1)[0][0] for group in groups]
    own = [[labels[place] for place in group] for group in groups]
    intents = sum(label in owners for label in untaught) / UNTAUGHT
    return Found(_commonest(own), random_groups, grouped / len(held), intents)


def _held_back(train: Examples, asked: Examples, untaught: Sequence[str], seed: int) -> Examples:
    model, nobody, record = TextSoftmax(), TextSoftmax(), Record()
    for text, label in shuffled([one for one in train if one[1] not in untaught], seed):
        record.judge(label, "", model, nobody, text)
        model.learn_one(text, label)
    return [(text, label) for text, label in shuffled(asked, seed) if _is_held_back(text, model, record)]


def _is_held_back(text: str, model: TextSoftmax, record: Record) -> bool:
    best = model.best(text)
    doubtful = best is None or 100 * record.precision_at(best[1]) < DEFAULT_LIMITS.abstain_below_percent
    return doubtful or record.is_unfamiliar(model.lead(text), DEFAULT_LIMITS.unfamiliar(has_meaning=False))


def _drawn(labels: Sequence[str], sizes: Sequence[int], chance: random.Random) -> list[list[str]]:
    mixed = chance.sample(list(labels), len(labels))
    return [[mixed.pop() for _ in range(size)] for size in sizes]


def _commonest(groups: Sequence[Sequence[str]]) -> float:
    """The share of all that is of its group's commonest label."""
    return sum(Counter(group).most_common(1)[0][1] for group in groups) / max(sum(map(len, groups)), 1)
