"""What does a tenant's model of categories know, and how can the latest of it be taken back?

The latest lessons stand beside a model that has not learned them. So a lesson among them is taken back by learning the
others again, which is the model that would be if it had never been said; and the model as it was is there to answer
should the latest lessons have made it worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from processors.category_guard import Guard
from processors.category_memory import Correction, Likeness, Memory, within
from processors.category_record import Record
from processors.learners.passage import Passage
from processors.learners.shared_prior import shared_prior
from processors.learners.text_softmax import TextSoftmax
from schemas.meaning import Meaning

# So many of the latest lessons can be taken back one by one; the settled model follows by a block at a time. A model is
# megabytes and a label moves rows all over it: so the settled one is what is saved, and the lessons since are learned
# again on load, which gives the same bits and takes a few tenths of a second at most.
LESSONS_KEPT: Final = 512
BLOCK: Final = 256
_CHUNK: Final = 64  # lessons saved in one part
_CHUNKS: Final = (LESSONS_KEPT + BLOCK) // _CHUNK + 2  # names of parts are used again

_ENCODER: Final = msgspec.msgpack.Encoder()


class Lesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One label as it was learned, by whom it was said, in which event and when it was taken."""

    text: str
    label: str
    weight: float
    rule_answer: str
    entity: str
    person: str
    event_id: str
    at: int
    meaning: Meaning | None = None

    @property
    def passage(self) -> Passage:
        return Passage(self.text, self.meaning)


class Rest(msgspec.Struct, array_like=True):
    """What is known besides models and lessons; `hours` are those in which the kept lessons were learned."""

    record: Record
    settled_record: Record
    marks: list[Record]
    guard: Guard
    corrections: list[Correction]
    hours: list[int]
    withdrawn: int
    first: int
    count: int


class Gone(NamedTuple):
    """How much was taken back; `beyond_reach` if some of that time may already have settled."""

    lessons: int
    remembered: int
    beyond_reach: bool


def _fresh() -> TextSoftmax:
    return TextSoftmax(prior=shared_prior())


@dataclass(slots=True)
class CategoryKnowledge:
    """The tenant's text model over the shared prior, the model without its latest lessons, those lessons, and records.

    `marks` are the records as they stood after each block of the lessons kept.
    """

    learner: TextSoftmax = field(default_factory=_fresh)
    settled: TextSoftmax = field(default_factory=_fresh)
    record: Record = field(default_factory=Record)
    settled_record: Record = field(default_factory=Record)
    marks: list[Record] = field(default_factory=list)
    lately: list[Lesson] = field(default_factory=list)
    hours: list[int] = field(default_factory=list)
    guard: Guard = field(default_factory=Guard)
    memory: Memory = field(default_factory=Memory)
    withdrawn: int = 0
    saved: int = 0  # lessons kept from the first on that need not be saved again

    @property
    def answers(self) -> bool:
        """Whether the tenant's own model answers, the latest or the settled one."""
        return self.record.answering != "rule"

    @property
    def answerer(self) -> TextSoftmax:
        """The model that answers, or would."""
        return self.settled if self.record.answering == "settled" else self.learner

    def like(self, text: str) -> Likeness | None:
        """The remembered correction of a ticket like this one."""
        return self.memory.nearest(text, self.learner.rarities)

    def has_learned(self, entity: str, label: str) -> bool:
        """Whether this label of this ticket is among the latest lessons."""
        return any(one.entity == entity and one.label == label for one in self.lately)

    def learn(self, lesson: Lesson, hour: int, taught: TextSoftmax | None = None) -> None:
        """Judges by a lesson, then learns it; `taught` is the model that has learned it already, if one has."""
        self._take(lesson, hour, taught)
        self.lately.append(lesson)
        self.hours.append(hour)
        if len(self.lately) >= LESSONS_KEPT + BLOCK:
            self._settle()

    def withdraw(self, person: str, since: int | None, until: int | None) -> Gone:
        """Takes back what a person taught: the model is then what it would be had those lessons not been learned."""
        settled = self.settled.n > 0 and (since is None or not self.lately or since <= self.lately[0].at)
        kept = [
            (lesson, hour)
            for lesson, hour in zip(self.lately, self.hours, strict=True)
            if lesson.person != person or not within(lesson.at, since, until)
        ]
        gone = len(self.lately) - len(kept)
        forgotten = self.memory.forget(person, since, until)
        if gone:
            self.learner, self.record, self.marks = self.settled.copied(), deepcopy(self.settled_record), []
            for lesson, hour in kept:
                self._take(lesson, hour, None)
            self.lately, self.hours = [lesson for lesson, _ in kept], [hour for _, hour in kept]
            self.saved = 0
            self.withdrawn += gone
        return Gone(gone, forgotten, settled)

    def _take(self, lesson: Lesson, hour: int, taught: TextSoftmax | None) -> None:
        self.record.note(lesson.person, hour)
        self.record.judge(lesson.label, lesson.rule_answer, self.learner, self.settled, lesson.passage)
        if taught is None:
            self.learner.learn_one(lesson.passage, lesson.label, lesson.weight)
        else:
            self.learner = taught
        if not (self.learner.n - self.settled.n) % BLOCK:
            self.marks.append(deepcopy(self.record))

    def _settle(self) -> None:
        """The settled model learns the oldest block of the lessons kept."""
        for lesson in self.lately[:BLOCK]:
            self.settled.learn_one(lesson.passage, lesson.label, lesson.weight)
        del self.lately[:BLOCK], self.hours[:BLOCK]
        self.settled_record = self.marks.pop(0)
        self.saved = max(self.saved - BLOCK, 0)

    def rest(self) -> Rest:
        """Everything but models and lessons."""
        return Rest(
            self.record,
            self.settled_record,
            self.marks,
            self.guard,
            self.memory.corrections,
            self.hours,
            self.withdrawn,
            self.settled.n,
            len(self.lately),
        )

    def encoded(self) -> Mapping[str, bytes]:
        """The parts that changed since they were last asked for: of the settled model, of the lessons, and the rest."""
        parts: dict[str, bytes] = {}
        # Nothing of it moves between two blocks.
        if self.settled.n and _is_touched(self.settled):
            parts |= self.settled.encode_chunks(touched_only=True)
        first = self.settled.n
        start = (first + self.saved) // _CHUNK
        for number in range(start, -(-(first + len(self.lately)) // _CHUNK)):
            low, high = max(number * _CHUNK - first, 0), max((number + 1) * _CHUNK - first, 0)
            parts[f"lessons-{number % _CHUNKS:02d}"] = _ENCODER.encode(self.lately[low:high])
        self.saved = len(self.lately)
        return {**parts, "rest": _ENCODER.encode(self.rest())}

    @classmethod
    def decoded(cls, parts: Mapping[str, bytes]) -> CategoryKnowledge:
        """What these parts say. Raises DamagedModel where they do not fit together."""
        rest = msgspec.msgpack.decode(parts["rest"], type=Rest)
        chunks = {name: part for name, part in parts.items() if name != "rest" and not name.startswith("lessons-")}
        settled = TextSoftmax.decode_chunks(chunks, shared_prior()) if chunks else _fresh()
        lately: list[Lesson] = []
        for number in range(rest.first // _CHUNK, -(-(rest.first + rest.count) // _CHUNK)):
            lately += msgspec.msgpack.decode(parts[f"lessons-{number % _CHUNKS:02d}"], type=list[Lesson])
        learner = settled.copied()
        for lesson in lately:
            learner.learn_one(lesson.passage, lesson.label, lesson.weight)
        return cls(
            learner,
            settled,
            rest.record,
            rest.settled_record,
            rest.marks,
            lately,
            rest.hours,
            rest.guard,
            Memory(rest.corrections),
            rest.withdrawn,
            rest.count,
        )


def _is_touched(model: TextSoftmax) -> bool:
    rows = model.state.rows
    return bool(rows.touched_rows.any() or rows.touched_sights)
