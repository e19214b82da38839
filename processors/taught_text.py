"""A tenant's text model with its record, saved whole now and then and lesson by lesson in between.

A model is megabytes and a label moves rows all over it, so what it learned since it was saved whole is saved beside it
and learned again on load, which gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec

from processors.contract import Processor
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from schemas.meaning import Meaning

R = TypeVar("R")
_ENCODER: Final = msgspec.msgpack.Encoder()


class Lesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One label as it was learned."""

    text: str
    label: str
    meaning: Meaning | None = None


@dataclass(slots=True)
class TaughtText(Generic[R]):
    """The model, the record of how it did, and what it learned since it was saved whole."""

    learner: TextSoftmax
    record: R
    lately: list[Lesson] = field(default_factory=list)

    def learn(self, asked: Passage, label: str) -> None:
        """Learns a label, and keeps it until the model is saved whole."""
        self.learner.learn_one(asked, label)
        self.lately.append(Lesson(asked.text, label, asked.meaning))


K = TypeVar("K", bound=TaughtText[Any])


class TextModels(Processor[K]):
    """A processor whose cells are such models; it says what a record is, how large a model may get, and how often it
    is saved whole.
    """

    provides_context = True
    record: ClassVar[type[Any]]
    most_bytes: ClassVar[int]
    lessons_between_saves: ClassVar[int]

    def start(self) -> K:
        return self.state(TextSoftmax(self.most_bytes), self.record())

    def encode(self, state: K) -> Mapping[str, bytes]:
        chunks: Mapping[str, bytes] = {}
        if len(state.lately) >= self.lessons_between_saves:
            chunks = state.learner.encode_chunks(touched_only=True)
            state.lately = []
        return {**chunks, "lately": _ENCODER.encode(state.lately), "record": _ENCODER.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> K:
        chunks = {name: part for name, part in parts.items() if name not in ("lately", "record")}
        learner = TextSoftmax.decode_chunks(chunks) if chunks else TextSoftmax(self.most_bytes)
        lately = msgspec.msgpack.decode(parts["lately"], type=list[Lesson])
        for lesson in lately:
            learner.learn_one(Passage(lesson.text, lesson.meaning), lesson.label)
        return self.state(learner, msgspec.msgpack.decode(parts["record"], type=self.record), lately)

    def digest(self, state: K) -> bytes:
        return sha256(state.learner.digest().encode() + _ENCODER.encode(state.record)).digest()
