"""Is what nobody has taught recognised as such?

Data: `clinc150` (the small file): 150 intents, and questions that are none of them. One pass over the training file,
every text judged before it is learned, none out of scope; then the test file with its out-of-scope part. An answer is
held back as triage would hold it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from infra.quality.leaderboard import clinc_examples
from infra.quality.row import Row
from infra.quality.text import shuffled
from processors.category_record import Record
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from processors.settings import DEFAULT_LIMITS
from schemas.meaning import Meaning


@dataclass(frozen=True)
class Scope:
    """Of what was held back, the share that is out of scope, and that which is or would have been answered wrongly; of
    what is out of scope, the share held back; in scope, the share answered and the share of those that is right.
    """

    precision: float
    well_held: float
    recall: float
    answered: float
    right: float


def measure(datasets: Path, seeds: int) -> list[Row]:
    """Means over seeded passes, beside holding back by confidence alone."""
    path = datasets / "clinc150" / "data_small.json"
    found = [held_back(path, seed) for seed in range(seeds)]

    def row(what: str, part: str, wanted: float | None = None) -> Row:
        value, base = (fmean(getattr(one[way], part) for one in found) for way in (0, 1))
        return Row(f"clinc150 {what}", value, "share", wanted, base, "by confidence alone")

    return [
        row("out of scope: precision of what is held back", "precision", 0.7),
        row("out of scope: recall of what is held back", "recall", 0.7),
        row("held back: out of scope, or it would have been wrong", "well_held"),
        row("in scope: answered", "answered"),
        row("in scope: right of what is answered", "right"),
    ]


def held_back(path: Path, seed: int, meanings: Mapping[str, Meaning] | None = None) -> tuple[Scope, Scope]:
    """What triage holds back after one pass, and what it would by confidence alone; by words where none are meant."""
    known = meanings or {}
    model, nobody, record = TextSoftmax(), TextSoftmax(), Record()
    for text, label in shuffled(clinc_examples(path, "train"), seed):
        asked = Passage(text, known.get(text))
        record.judge(label, "", model, nobody, asked)
        model.learn_one(asked, label)
    answers = []
    for text, label in (*clinc_examples(path, "test"), *clinc_examples(path, "oos_test")):
        asked = Passage(text, known.get(text))
        best = model.best(asked) or ("", 0.0)
        doubtful = 100 * record.precision_at(best[1]) < DEFAULT_LIMITS.abstain_below_percent
        unfamiliar = record.is_unfamiliar(model.lead(asked), DEFAULT_LIMITS.unfamiliar(asked.meaning is not None))
        answers.append((label, best[0] == label, doubtful, doubtful or unfamiliar))
    return tuple(_scope([(label, right, held[place]) for label, right, *held in answers]) for place in (1, 0))  # type: ignore[return-value]  # two of them


def _scope(answers: list[tuple[str, bool, bool]]) -> Scope:
    outside = [held for label, _, held in answers if label == "oos"]
    inside = [(right, held) for label, right, held in answers if label != "oos"]
    held_inside = sum(held for _, held in inside)
    given = [right for right, held in inside if not held]
    held_back = max(sum(outside) + held_inside, 1)
    wrong = sum(held and not right for right, held in inside)
    return Scope(
        sum(outside) / held_back,
        (sum(outside) + wrong) / held_back,
        fmean(outside),
        len(given) / len(inside),
        fmean(given),
    )
