"""What have a tenant's ratings taught about how glad and sorry customers write, language by language?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.text_softmax import TextSoftmax
from processors.probability import log_loss
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.instant import HOUR

MODEL: Final = "sentiment"
GLAD: Final = "glad"
SORRY: Final = "sorry"
# A language is measured once so many ratings were learned, some of each kind, and the model has cost less, rating by
# rating, than the rate of glad ones alone.
LEAST_RATINGS: Final = 40
LEAST_OF_EACH: Final = 8
# Ratings that one account may teach in an hour of event time; more are counted and not learned.
MOST_PER_HOUR: Final = 20
MOST_SOURCES: Final = 256
MOST_BYTES: Final = 2 << 20
RATINGS_BETWEEN_SAVES: Final = 256
_FADE: Final = 0.995
_ENCODER: Final = msgspec.msgpack.Encoder()


class MoodRecord(msgspec.Struct, array_like=True):
    """How model and rate have done, each asked before the rating was learned; losses fade with age."""

    glad: int = 0
    model_loss: float = 0.0
    rate_loss: float = 0.0
    sources: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    capped: int = 0


class MoodLesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One rating as it was learned."""

    text: str
    label: str


@dataclass(slots=True)
class MoodKnowledge:
    """The model of one language, its record, and what it learned since it was saved whole."""

    learner: TextSoftmax = field(default_factory=lambda: TextSoftmax(MOST_BYTES))
    record: MoodRecord = field(default_factory=MoodRecord)
    lately: list[MoodLesson] = field(default_factory=list)

    @property
    def is_measured(self) -> bool:
        """Whether there were ratings enough, and the model is worth more than their rate."""
        sorry = self.learner.n - self.record.glad
        enough = self.learner.n >= LEAST_RATINGS and min(self.record.glad, sorry) >= LEAST_OF_EACH
        return enough and self.record.model_loss < self.record.rate_loss

    def chance(self, text: str) -> float:
        """How likely the text is a glad one's."""
        return self.learner.predict_proba_one(text).get(GLAD, 0.5)


class SentimentModel(Processor[MoodKnowledge]):
    """One text model a tenant and language, taught by ratings of tickets."""

    name = "sentiment.model"
    consumes = (LabelMatured,)
    provides_context = True
    state = MoodKnowledge

    def key(self, event: Event) -> str | None:
        data = event.data
        if not isinstance(data, LabelMatured) or data.model != MODEL:
            return None
        return str(data.features.get("language", ""))

    def step(self, state: MoodKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        record = state.record
        if not context.backfilling and not _admit(record, label.said_by, event.occurred_at):
            return ()
        is_glad = label.label == GLAD
        chance = state.chance(label.text)
        # One rating of each kind is given for nothing, so that a rate is never sure.
        rate = (record.glad + 1.0) / (state.learner.n + 2.0)
        record.model_loss = _FADE * record.model_loss + log_loss(chance if is_glad else 1.0 - chance)
        record.rate_loss = _FADE * record.rate_loss + log_loss(rate if is_glad else 1.0 - rate)
        record.glad += is_glad
        state.learner.learn_one(label.text, label.label)
        state.lately.append(MoodLesson(label.text, label.label))
        return ()

    def encode(self, state: MoodKnowledge) -> Mapping[str, bytes]:
        chunks: Mapping[str, bytes] = {}
        if len(state.lately) >= RATINGS_BETWEEN_SAVES:
            chunks = state.learner.encode_chunks(touched_only=True)
            state.lately = []
        return {**chunks, "lately": _ENCODER.encode(state.lately), "record": _ENCODER.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> MoodKnowledge:
        chunks = {name: part for name, part in parts.items() if name not in ("lately", "record")}
        learner = TextSoftmax.decode_chunks(chunks) if chunks else TextSoftmax(MOST_BYTES)
        lately = msgspec.msgpack.decode(parts["lately"], type=list[MoodLesson])
        for lesson in lately:
            learner.learn_one(lesson.text, lesson.label)
        return MoodKnowledge(learner, msgspec.msgpack.decode(parts["record"], type=MoodRecord), lately)

    def digest(self, state: MoodKnowledge) -> bytes:
        return sha256(state.learner.digest().encode() + _ENCODER.encode(state.record)).digest()


SENTIMENT_MODEL: Final = SentimentModel()


def mood_knowledge(context: Context, language: str | None) -> MoodKnowledge | None:
    """What ratings in a language have taught, where they were enough to measure it; None else."""
    knowledge = context.read(SENTIMENT_MODEL, language or "")
    return knowledge if knowledge is not None and knowledge.is_measured else None


def _admit(record: MoodRecord, source: str, at: int) -> bool:
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
