"""What have a tenant's answers taught about what customers speak of, and how bad it is?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.text_softmax import TextSoftmax
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.instant import HOUR

TOPIC: Final = "feedback.topic"
SEVERITY: Final = "feedback.severity"
# A model answers once it has learned so many labels of at least two kinds.
LEAST_LABELS: Final = 30
MOST_LABELS: Final = 256
# Labels that one account's answers may teach in an hour of event time; more are counted and not learned.
MOST_PER_HOUR: Final = 20
MOST_SOURCES: Final = 256
MOST_BYTES: Final = 4 << 20
LABELS_BETWEEN_SAVES: Final = 256
_ENCODER: Final = msgspec.msgpack.Encoder()


class VoiceRecord(msgspec.Struct, array_like=True):
    """How many labels each account taught in an hour, and how many were too many."""

    sources: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    capped: int = 0


class VoiceLesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One label as it was learned."""

    text: str
    label: str


@dataclass(slots=True)
class VoiceKnowledge:
    """A model of what is said, and what it learned since it was saved whole."""

    learner: TextSoftmax = field(default_factory=lambda: TextSoftmax(MOST_BYTES))
    record: VoiceRecord = field(default_factory=VoiceRecord)
    lately: list[VoiceLesson] = field(default_factory=list)

    @property
    def answers(self) -> bool:
        """Whether it has learned enough to be asked."""
        return self.learner.n >= LEAST_LABELS and len(self.learner.labels) > 1


class VoiceModel(Processor[VoiceKnowledge]):
    """Two text models a tenant: of topics, taught by those that forms say, and of severity, taught by scores."""

    name = "feedback.model"
    consumes = (LabelMatured,)
    provides_context = True
    state = VoiceKnowledge

    def key(self, event: Event) -> str | None:
        data = event.data
        return data.model if isinstance(data, LabelMatured) and data.model in (TOPIC, SEVERITY) else None

    def step(self, state: VoiceKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        known = label.label in state.learner.labels
        if not known and len(state.learner.labels) >= MOST_LABELS:
            return ()
        if not context.backfilling and not _admit(state.record, label.said_by, event.occurred_at):
            return ()
        state.learner.learn_one(label.text, label.label)
        state.lately.append(VoiceLesson(label.text, label.label))
        return ()

    def encode(self, state: VoiceKnowledge) -> Mapping[str, bytes]:
        chunks: Mapping[str, bytes] = {}
        if len(state.lately) >= LABELS_BETWEEN_SAVES:
            chunks = state.learner.encode_chunks(touched_only=True)
            state.lately = []
        return {**chunks, "lately": _ENCODER.encode(state.lately), "record": _ENCODER.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> VoiceKnowledge:
        chunks = {name: part for name, part in parts.items() if name not in ("lately", "record")}
        learner = TextSoftmax.decode_chunks(chunks) if chunks else TextSoftmax(MOST_BYTES)
        lately = msgspec.msgpack.decode(parts["lately"], type=list[VoiceLesson])
        for lesson in lately:
            learner.learn_one(lesson.text, lesson.label)
        return VoiceKnowledge(learner, msgspec.msgpack.decode(parts["record"], type=VoiceRecord), lately)

    def digest(self, state: VoiceKnowledge) -> bytes:
        return sha256(state.learner.digest().encode() + _ENCODER.encode(state.record)).digest()


VOICE_MODEL: Final = VoiceModel()


def _admit(record: VoiceRecord, source: str, at: int) -> bool:
    hour = at // HOUR
    known = record.sources.get(source)
    count = known[1] if known is not None and known[0] == hour else 0
    if count >= MOST_PER_HOUR:
        record.capped += 1
        return False
    record.sources[source] = (hour, count + 1)
    if len(record.sources) > MOST_SOURCES:
        del record.sources[min(record.sources, key=lambda name: (record.sources[name][0], name))]
    return True
