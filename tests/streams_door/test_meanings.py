"""The door tells what customers' words mean, once, of words that are redacted; a model that fails costs no record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from processors.learners.directions import FULL, direction, whole_direction
from schemas.event import Event
from schemas.meaning import Meaning, meaning_in
from streams.meanings import MOST_CHARACTERS, Meanings
from streams.memory_log import MemoryLog
from streams.privacy import Privacy
from streams.sequencer import Sequencer
from streams.subject_keys import SubjectKeys

NOW = 1_780_000_000_000_000


class Asked:
    """Keeps what it was asked, and answers each text with the same vector."""

    name = "asked/model"

    def __init__(self, vector: Sequence[float] = (3.0, -1.5)) -> None:
        self.texts: list[str] = []
        self._vector = list(vector)

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        self.texts += texts
        return [self._vector for _ in texts]


class Failing(Asked):
    """A model that cannot be run."""

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        raise RuntimeError(f"out of memory at {len(texts)} texts")


class Door:
    """A sequencer over a log in memory, with a model of sentences."""

    def __init__(self, folder: Path, embedder: Asked) -> None:
        self.log = MemoryLog()
        self.privacy = Privacy(SubjectKeys.open(folder))
        self.privacy.meanings = self.meanings = Meanings(lambda: embedder)
        self._sequencer = Sequencer(self.log, self.privacy, lambda _: None)

    def take(self, type_: str, id_: str = "e-1", **data: Any) -> Event:
        said = {"specversion": "1.0", "id": id_, "source": "test", "type": type_, "time": "2026-03-02T08:00:00Z"}
        # What a sender claims of a meaning is nothing to go by.
        raw = orjson.dumps(said | {"data": data, "meaning": "forged AAAA"})
        (taken,) = self._sequencer.take("acme", [raw], NOW)
        assert taken.status == "accepted"
        return self.log.read("acme", 0, 100)[-1]


@pytest.fixture
def embedder() -> Asked:
    return Asked()


@pytest.fixture
def door(tmp_path: Path, embedder: Asked) -> Iterator[Door]:
    made = Door(tmp_path, embedder)
    yield made
    made.privacy.close()


def test_a_ticket_says_what_it_means(door: Door, embedder: Asked) -> None:
    event = door.take("ticket.opened", ticket="T-1", title="No report", text="It stops. Write to ann@example.com")
    assert meaning_in(event.meaning) == Meaning("asked/model", bytes([FULL, 256 - 63]))
    (asked,) = embedder.texts
    assert asked.startswith("No report\nIt stops. Write to <EMAIL_")
    assert "ann@example.com" not in asked


@pytest.mark.parametrize(
    ("type_", "data", "told"),
    [
        ("ticket.message_added", {"ticket": "T-1", "text": "still broken", "author": "customer"}, True),
        ("ticket.message_added", {"ticket": "T-1", "text": "we look into it", "author": "expert"}, False),
        ("ticket.message_added", {"ticket": "T-1", "text": "a bot's words", "author": "bot"}, False),
        ("ticket.opened", {"ticket": "T-1"}, False),
        ("ticket.resolved", {"ticket": "T-1"}, False),
        ("feedback.given", {"feedback": "F-1", "text": "all is well"}, True),
        ("feedback.given", {"feedback": "F-1", "scale": "criticality", "score": 3.0}, False),
    ],
)
def test_customers_are_heard(door: Door, embedder: Asked, type_: str, data: dict[str, Any], *, told: bool) -> None:
    event = door.take(type_, **data)
    assert (event.meaning is not None, len(embedder.texts)) == (told, int(told))


def test_long_texts_are_cut(door: Door, embedder: Asked) -> None:
    door.take("ticket.opened", ticket="T-1", title="Long", text="word " * 9_000)
    assert len(embedder.texts[0]) == MOST_CHARACTERS


@pytest.mark.parametrize("vector", [(float("nan"), 1.0), (float("inf"), 1.0)])
def test_numbers_that_are_none_tell_nothing(tmp_path: Path, vector: tuple[float, ...]) -> None:
    door = Door(tmp_path, Asked(vector))
    assert door.take("ticket.opened", ticket="T-1", title="Hello").meaning is None
    assert door.meanings.untold == 1
    door.privacy.close()


def test_a_model_that_fails_costs_no_record(tmp_path: Path) -> None:
    door = Door(tmp_path, Failing())
    events = [door.take("ticket.opened", id_, ticket=id_, title="Hello") for id_ in ("e-1", "e-2")]
    assert [(event.meaning, event.position) for event in events] == [(None, 1), (None, 2)]
    assert door.meanings.untold == 2
    door.privacy.close()


def test_a_vector_that_points_nowhere_is_no_meaning(tmp_path: Path) -> None:
    door = Door(tmp_path, Asked((0.0, 0.0)))
    assert door.take("ticket.opened", ticket="T-1", title="Hello").meaning is None
    assert door.meanings.untold == 0
    door.privacy.close()


def test_a_direction_keeps_its_shape() -> None:
    assert direction("m", [0.1, -0.05, 0.0]) == Meaning("m", bytes([127, 256 - 63, 0]))
    assert direction("m", [1e-30, 1e-30]) == Meaning("m", bytes([127, 127]))
    assert direction("m", []) is None
    assert whole_direction("m", np.array([-4, 2, 1])) == Meaning("m", bytes([256 - 127, 64, 32]))
    said = Meaning("a name with spaces", bytes(range(256)))
    assert meaning_in(said.said()) == said
