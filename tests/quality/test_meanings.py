"""Is what meanings add measured in the same run, on the same texts?"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson
import pytest

from infra.quality.meanings import measure, named_model, one_pass, told

_NEAR = {"card": (9.0, 1.0, 0.0, 0.5), "refund": (0.0, 9.0, 1.0, 0.5), "login": (1.0, 0.0, 9.0, 0.5)}


class Knowing:
    """A model of sentences that finds each of the invented topics near itself, in whatever words."""

    name, dimension = "knowing/model", 4

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        topic = next((topic for topic in _NEAR if text.endswith(topic[0])), None)
        draw = Random(text)
        return [value + draw.random() for value in (_NEAR[topic] if topic else (0.0, 0.0, 0.0, 9.0))]


def examples(count: int, draw: Random) -> list[tuple[str, str]]:
    """Texts whose words are all new, each with its topic's first letter at its end."""
    return [(f"w{draw.random():.6f} {topic[0]}", topic) for topic in draw.choices(sorted(_NEAR), k=count)]


def write(folder: Path, count: int) -> None:
    draw = Random(3)
    (folder / "banking77").mkdir()
    (folder / "clinc150").mkdir()
    for part in ("train", "test"):
        with (folder / "banking77" / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "category"), *examples(count, draw)])
    parts = {part: examples(count, draw) for part in ("train", "test")}
    parts["oos_test"] = [(f"v{place} elsewhere", "oos") for place in range(20)]
    (folder / "clinc150" / "data_small.json").write_bytes(orjson.dumps(parts))


def test_words_that_are_new_are_understood_by_what_they_mean(tmp_path: Path) -> None:
    write(tmp_path, 60)
    rows = {row.name: row for row in measure(tmp_path, Knowing(), 1)}
    right = rows["banking77 with meanings: accuracy on the test file after one pass"]
    assert right.value == 1.0
    assert (right.baseline_name, right.goal) == ("by words alone", 0.92)
    assert rows["banking77 with meanings: reply candidates (first 5) of the same category"].value > 0.9
    assert {"clinc150 out of scope, with meanings: recall", "banking77 texts embedded by knowing/model"} <= set(rows)


def test_without_a_meaning_words_speak_alone() -> None:
    train = examples(40, Random(5))
    meanings = told(Knowing(), [text for text, _ in train])
    assert one_pass(train, train, {}, 0).before_learning < one_pass(train, train, meanings, 0).before_learning


def test_nothing_is_measured_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLRACE_EMBEDDING_MODEL", raising=False)
    assert named_model() is None
