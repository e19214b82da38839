"""Is what meanings add measured in the same run, on the same texts?"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson
import pytest

from infra.quality.meanings import measure, named_model, told
from infra.quality.text import one_pass

_NEAR = {"card": (9.0, 1.0, 0.0, 0.5), "refund": (0.0, 9.0, 1.0, 0.5), "login": (1.0, 0.0, 9.0, 0.5)}


class Knowing:
    """A model of sentences that finds each of the texts it was told of near its topic; their words say nothing."""

    name, dimension = "knowing/model", 4

    def __init__(self) -> None:
        self.topics: dict[str, str] = {}

    def examples(self, count: int, draw: Random) -> list[tuple[str, str]]:
        """Texts of one word each, all different, with their topics."""
        drawn = [(f"{draw.getrandbits(48):x}", topic) for topic in draw.choices(sorted(_NEAR), k=count)]
        self.topics |= dict(drawn)
        return drawn

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        draw = Random(text)
        return [value + draw.random() for value in _NEAR.get(self.topics.get(text, ""), (0.0, 0.0, 0.0, 9.0))]


def write(folder: Path, model: Knowing, count: int) -> None:
    draw = Random(3)
    (folder / "banking77").mkdir()
    (folder / "clinc150").mkdir()
    for part in ("train", "test"):
        with (folder / "banking77" / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "category"), *model.examples(count, draw)])
    parts = {part: model.examples(count, draw) for part in ("train", "test")}
    parts["oos_test"] = [(f"v{place} elsewhere", "oos") for place in range(20)]
    (folder / "clinc150" / "data_small.json").write_bytes(orjson.dumps(parts))
    (folder / "nhs_feedback").mkdir()
    with (folder / "nhs_feedback" / "phase1_text_data.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(label, text, (-3, 0, 3)[place % 3]) for place, (text, label) in enumerate(model.examples(count, draw))]
        csv.writer(file).writerows([("label", "feedback", "criticality"), *rows])


def test_words_that_are_new_are_understood_by_what_they_mean(tmp_path: Path) -> None:
    model = Knowing()
    write(tmp_path, model, 60)
    rows = {row.name: row for row in measure(tmp_path, model, 1)}
    right = rows["banking77 with meanings: accuracy on the test file after one pass"]
    assert right.value == 1.0
    assert right.baseline is not None
    assert right.baseline < 0.6
    assert (right.baseline_name, right.goal) == ("by words alone", 0.92)
    assert rows["banking77 with meanings: reply candidates (first 5) of the same category"].value > 0.9
    topics = rows["nhs_feedback topic with meanings, mean F1 after one pass"]
    assert (topics.value, topics.baseline_name) == (1.0, "by words alone")
    assert {
        "clinc150 with meanings: recall of what is held back as out of scope",
        "banking77 texts embedded by knowing/model",
    } <= set(rows)


def test_without_a_meaning_words_speak_alone() -> None:
    model = Knowing()
    train = model.examples(60, Random(5))
    words, meanings = (one_pass(train, train, 0, meanings=known) for known in ({}, told(model, list(model.topics))))
    assert words.before_learning < 0.6
    assert meanings.before_learning > 0.8


def test_nothing_is_measured_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLRACE_EMBEDDING_MODEL", raising=False)
    assert named_model() is None
