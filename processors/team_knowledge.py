"""What does a tenant's model of teams know, and how is the latest of it taken back?

As with categories, the latest lessons stand beside a model that has not learned them: without some of them, the others
are learned again.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

import msgspec

from processors.category_guard import Guard
from processors.category_memory import within
from processors.learners.text_softmax import TextSoftmax

# Advice is followed once so many labels were learned and it was right at least as often as the rule: the team that was
# given at the opening, else the one that solves most.
LEAST_LABELS: Final = 30
MOST_TEAMS: Final = 512
MOST_BYTES: Final = 8 << 20
# So many of the latest lessons can be taken back one by one; the settled model follows by a block at a time.
LESSONS_KEPT: Final = 512
BLOCK: Final = 256
_FADE: Final = 0.995
_ENCODER: Final = msgspec.msgpack.Encoder()


class TeamLesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One label as it was learned, who said it and when it was taken."""

    text: str
    label: str
    rule_answer: str
    person: str
    at: int


class TeamRecord(msgspec.Struct, array_like=True):
    """How model and rule have done, each asked before the label was learned; shares fade with age."""

    model_right: float = 0.0
    rule_right: float = 0.0
    judged: float = 0.0
    solved: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def usual(self) -> str | None:
        """The team that solves most; of equals the one first by name."""
        return min(self.solved, key=lambda team: (-self.solved[team], team)) if self.solved else None


class Rest(msgspec.Struct, array_like=True):
    """What is known besides models and lessons."""

    record: TeamRecord
    settled_record: TeamRecord
    marks: list[TeamRecord]
    guard: Guard
    withdrawn: int


def _fresh() -> TextSoftmax:
    return TextSoftmax(MOST_BYTES)


@dataclass(slots=True)
class TeamKnowledge:
    """The tenant's model of teams, the one without its latest lessons, those lessons, and records.

    `marks` are the records as they stood after each block of the lessons kept.
    """

    learner: TextSoftmax = field(default_factory=_fresh)
    settled: TextSoftmax = field(default_factory=_fresh)
    record: TeamRecord = field(default_factory=TeamRecord)
    settled_record: TeamRecord = field(default_factory=TeamRecord)
    marks: list[TeamRecord] = field(default_factory=list)
    lately: list[TeamLesson] = field(default_factory=list)
    guard: Guard = field(default_factory=Guard)
    withdrawn: int = 0

    @property
    def is_better(self) -> bool:
        """Whether the model has been right at least as often as the rule."""
        return self.learner.n >= LEAST_LABELS and self.record.model_right >= self.record.rule_right

    def learn(self, lesson: TeamLesson) -> None:
        """Judges by a lesson, then learns it."""
        self._take(lesson)
        self.lately.append(lesson)
        if len(self.lately) >= LESSONS_KEPT + BLOCK:
            for one in self.lately[:BLOCK]:
                self.settled.learn_one(one.text, one.label)
            del self.lately[:BLOCK]
            self.settled_record = self.marks.pop(0)

    def withdraw(self, person: str, since: int | None, until: int | None) -> tuple[int, bool]:
        """Takes back what a person taught: how many lessons, and whether some of that time may have settled."""
        settled = self.settled.n > 0 and (since is None or not self.lately or since <= self.lately[0].at)
        kept = [one for one in self.lately if one.person != person or not within(one.at, since, until)]
        gone = len(self.lately) - len(kept)
        if gone:
            self.learner, self.record, self.marks = self.settled.copied(), deepcopy(self.settled_record), []
            for lesson in kept:
                self._take(lesson)
            self.lately = kept
            self.withdrawn += gone
        return gone, settled

    def _take(self, lesson: TeamLesson) -> None:
        record = self.record
        best = self.learner.best(lesson.text)
        record.judged = _FADE * record.judged + 1.0
        record.model_right = _FADE * record.model_right + (best is not None and best[0] == lesson.label)
        record.rule_right = _FADE * record.rule_right + ((lesson.rule_answer or record.usual) == lesson.label)
        record.solved[lesson.label] = record.solved.get(lesson.label, 0) + 1
        self.learner.learn_one(lesson.text, lesson.label)
        if not (self.learner.n - self.settled.n) % BLOCK:
            self.marks.append(deepcopy(record))

    def rest(self) -> Rest:
        """Everything but models and lessons."""
        return Rest(self.record, self.settled_record, self.marks, self.guard, self.withdrawn)

    def encoded(self) -> Mapping[str, bytes]:
        """The settled model where it changed, the lessons that it has not learned, and the rest."""
        rows = self.settled.state.rows
        # Nothing of it moves between two blocks.
        changed = self.settled.n and (rows.touched_rows.any() or rows.touched_sights)
        chunks = self.settled.encode_chunks(touched_only=True) if changed else {}
        return {**chunks, "lately": _ENCODER.encode(self.lately), "rest": _ENCODER.encode(self.rest())}

    @classmethod
    def decoded(cls, parts: Mapping[str, bytes]) -> TeamKnowledge:
        """What these parts say. Raises DamagedModel where they do not fit together."""
        rest = msgspec.msgpack.decode(parts["rest"], type=Rest)
        lately = msgspec.msgpack.decode(parts["lately"], type=list[TeamLesson])
        chunks = {name: part for name, part in parts.items() if name not in ("lately", "rest")}
        settled = TextSoftmax.decode_chunks(chunks) if chunks else _fresh()
        learner = settled.copied()
        for lesson in lately:
            learner.learn_one(lesson.text, lesson.label)
        return cls(learner, settled, rest.record, rest.settled_record, rest.marks, lately, rest.guard, rest.withdrawn)
