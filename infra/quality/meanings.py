"""What do meanings add to words? Measured where a model of sentences is named.

`MILLRACE_EMBEDDING_MODEL` is a name that fastembed knows, `MILLRACE_EMBEDDING_FOLDER` where its files lie if they are
not to be downloaded. Data: `banking77`, `clinc150` (the small file) and `nhs_feedback`, one pass over the training file
in a seeded order, each text answered before it is learned; then the test file. Texts are embedded first, as the door
does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

from infra.quality import replies, voices
from infra.quality.leaderboard import clinc_examples
from infra.quality.row import Row
from infra.quality.scope import held_back
from infra.quality.text import Examples, one_pass, read_examples
from processors.learners.directions import direction
from schemas.meaning import Meaning
from sinks.qdrant.dense import Embedder, EmbeddingSettings, FastEmbedder

_AT_ONCE = 64


def named_model() -> FastEmbedder | None:
    """The model that the environment names; None without. Raises SearchIndexError if it cannot be loaded."""
    name, folder = (os.environ.get(f"MILLRACE_EMBEDDING_{part}", "") for part in ("MODEL", "FOLDER"))
    return FastEmbedder(EmbeddingSettings(name, folder or None)) if name else None


def measure(datasets: Path, model: Embedder, seeds: int) -> list[Row]:
    """With meanings and, beside it, by words alone, of the same run; medians over seeded passes."""
    folder = datasets / "banking77"
    banking = read_examples(folder / "train.csv"), read_examples(folder / "test.csv")
    path = datasets / "clinc150" / "data_small.json"
    clinc = clinc_examples(path, "train"), clinc_examples(path, "test")
    began = time.process_time()
    meanings = told(model, [text for text, _ in (*banking[0], *banking[1])])
    seconds = time.process_time() - began
    rows = _rows("banking77", banking, meanings, seeds, 0.92)
    rows.append(Row(f"banking77 texts embedded by {model.name}", len(meanings) / seconds, "texts/s"))
    meanings |= told(model, [text for part in (*clinc, clinc_examples(path, "oos_test")) for text, _ in part])
    rows += _rows("clinc150", clinc, meanings, seeds, None)
    rows += _scope_rows(path, meanings, min(seeds, 3))
    rows += replies.with_meanings(datasets, model)
    return rows + voices.with_meanings(datasets, lambda texts: told(model, texts))


def _scope_rows(path: Path, meanings: Mapping[str, Meaning], seeds: int) -> list[Row]:
    ours, words = ([held_back(path, seed, known)[0] for seed in range(seeds)] for known in (meanings, None))

    def row(what: str, part: str, wanted: float | None) -> Row:
        value, base = (fmean(getattr(one, part) for one in found) for found in (ours, words))
        return Row(f"clinc150 with meanings: {what}", value, "share", wanted, base, "by words alone")

    return [
        row("precision of what is held back as out of scope", "precision", 0.82),
        row("recall of what is held back as out of scope", "recall", 0.82),
        row("of what is held back, out of scope or it would have been wrong", "well_held", None),
        row("answered of what is in scope", "answered", None),
        row("right of what is answered", "right", None),
    ]


def told(model: Embedder, texts: Sequence[str]) -> dict[str, Meaning]:
    """What each text means, as the door would record it."""
    found: dict[str, Meaning] = {}
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        for text, vector in zip(some, model.embed_documents(some), strict=True):
            meaning = direction(model.name, vector)
            if meaning is not None:
                found[text] = meaning
    return found


def _rows(
    task: str, parts: tuple[Examples, Examples], meanings: Mapping[str, Meaning], seeds: int, goal: float | None
) -> list[Row]:
    ours, words = ([one_pass(*parts, seed, meanings=known) for seed in range(seeds)] for known in (meanings, None))
    name = "by words alone"

    def row(what: str, part: str, unit: str, wanted: float | None) -> Row:
        value, base = (median(getattr(one, part) for one in passes) for passes in (ours, words))
        return Row(f"{task} with meanings: {what}", value, unit, wanted, base, name)

    return [
        row("accuracy before learning", "before_learning", "share", None),
        row("accuracy on the test file after one pass", "on_test", "share", goal),
        row("calibration error after 5000 labels", "calibration_error", "ECE", 0.03),
        row("classify and learn", "texts_per_second", "texts/s", None),
    ]
