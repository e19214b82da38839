"""What has a tenant taught about which category a ticket belongs to?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.shared_prior import shared_prior
from processors.learners.text_softmax import TextSoftmax
from processors.probability import added
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.instant import HOUR

# The tenant's model answers once it has seen this many labels and has been right at least as often as the rule.
LEAST_LABELS = 30
_FADE = 0.995

# Labels that one person or system may teach in an hour of event time; more are counted and not learned.
MOST_PER_HOUR = 200
MOST_SOURCES = 512

# A model is megabytes and a label moves rows all over it. So it is saved whole after this many labels only; those since
# are saved beside it and learned again on load, which gives the same bits and takes a few tenths of a second at most.
LABELS_BETWEEN_SAVES = 512

# Read while the program starts: a step reads no file.
_PRIOR = shared_prior()

_ENCODER = msgspec.msgpack.Encoder()

# Confidence bands of equal width, each with how often answers of that confidence were right.
BANDS = 20


class Record(msgspec.Struct):
    """How the model and the rule have done, each asked before the label was learned; counts fade with age.

    `asked` and `right` are by band of the model's confidence. `sources` counts each source's labels in an hour.
    """

    model_right: float = 0.0
    rule_right: float = 0.0
    judged: float = 0.0
    asked: list[float] = msgspec.field(default_factory=lambda: [0.0] * BANDS)
    right: list[float] = msgspec.field(default_factory=lambda: [0.0] * BANDS)
    sources: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    capped: int = 0


class Lesson(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One label as it was learned."""

    text: str
    label: str
    weight: float


@dataclass(slots=True)
class CategoryKnowledge:
    """The tenant's text model over the shared prior, its record, and what it learned since it was saved whole."""

    learner: TextSoftmax = field(default_factory=lambda: TextSoftmax(prior=_PRIOR))
    record: Record = field(default_factory=Record)
    lately: list[Lesson] = field(default_factory=list)

    @property
    def is_better(self) -> bool:
        """Whether the model has been right at least as often as the rule."""
        return self.learner.n >= LEAST_LABELS and self.record.model_right >= self.record.rule_right

    def precision_at(self, probability: float) -> float:
        """How often answers at least this sure were right; the probability itself where too few were judged."""
        band = _band(probability)
        asked, right = added(self.record.asked[band:]), added(self.record.right[band:])
        own_asked, own_right = self.record.asked[band], self.record.right[band]
        if own_asked >= 10.0:
            return own_right / own_asked
        return (right + 10.0 * probability) / (asked + 10.0) if band < BANDS else probability


class CategoryModel(Processor[CategoryKnowledge]):
    """One text model a tenant, taught by corrections and final categories in the tenant's order."""

    name = "category.model"
    consumes = (LabelMatured,)
    provides_context = True
    state = CategoryKnowledge

    def key(self, event: Event) -> str | None:
        return "category" if isinstance(event.data, LabelMatured) and event.data.model == "category" else None

    def step(self, state: CategoryKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        # History that is brought in comes from one source at once; a flood is what somebody does live.
        if not context.backfilling and not _admit(state.record, label.said_by, event.occurred_at):
            return ()
        _judge(state, label)
        state.learner.learn_one(label.text, label.label, label.weight)
        state.lately.append(Lesson(label.text, label.label, label.weight))
        return ()

    def encode(self, state: CategoryKnowledge) -> Mapping[str, bytes]:
        chunks: Mapping[str, bytes] = {}
        if len(state.lately) >= LABELS_BETWEEN_SAVES:
            chunks = state.learner.encode_chunks(touched_only=True)
            state.lately = []
        return {**chunks, "lately": _ENCODER.encode(state.lately), "record": _ENCODER.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> CategoryKnowledge:
        chunks = {name: part for name, part in parts.items() if name not in ("lately", "record")}
        learner = TextSoftmax.decode_chunks(chunks, _PRIOR) if chunks else TextSoftmax(prior=_PRIOR)
        lately = msgspec.msgpack.decode(parts["lately"], type=list[Lesson])
        for lesson in lately:
            learner.learn_one(lesson.text, lesson.label, lesson.weight)
        return CategoryKnowledge(learner, msgspec.msgpack.decode(parts["record"], type=Record), lately)

    def digest(self, state: CategoryKnowledge) -> bytes:
        return sha256(state.learner.digest().encode() + _ENCODER.encode(state.record)).digest()


def _admit(record: Record, source: str, at: int) -> bool:
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


def _judge(state: CategoryKnowledge, label: LabelMatured) -> None:
    record = state.record
    record.judged = _FADE * record.judged + 1.0
    record.rule_right = _FADE * record.rule_right + (label.rule_answer == label.label)
    best = state.learner.best(label.text)
    right = best is not None and best[0] == label.label
    record.model_right = _FADE * record.model_right + right
    if best is not None:
        band = _band(best[1])
        record.asked[band] = _FADE * record.asked[band] + 1.0
        record.right[band] = _FADE * record.right[band] + right


def _band(probability: float) -> int:
    return min(BANDS - 1, int(probability * BANDS))


CATEGORY_MODEL = CategoryModel()
