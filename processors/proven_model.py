"""Does a tenant's own model predict better than the rule it would replace?

A model answers once it has seen enough of both outcomes and has, label by label, cost less than the rule: both are
judged by what was said when the features were as the label's, before the label is learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, TypeVar

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.logistic import Logistic
from processors.probability import log_loss
from schemas.emitted import LabelMatured
from schemas.event import Event

LEAST_LABELS = 40
LEAST_OF_EACH = 5
_FADE = 0.99


class Record(msgspec.Struct):
    """How model and rule have done so far, each asked before the label was learned; losses fade with age."""

    happened: int = 0
    model_loss: float = 0.0
    rule_loss: float = 0.0


@dataclass(slots=True)
class ProvenModel:
    """A model of whether something happens, and its record."""

    learner: Logistic = field(default_factory=Logistic)
    record: Record = field(default_factory=Record)

    @property
    def is_better(self) -> bool:
        """Whether the model has predicted measurably better than the rule."""
        happened, n = self.record.happened, self.learner.n
        enough = n >= LEAST_LABELS and min(happened, n - happened) >= LEAST_OF_EACH
        return enough and self.record.model_loss < self.record.rule_loss

    def learn(self, label: LabelMatured, *, happened: bool) -> None:
        """Judges model and rule by a label, and learns it."""
        told = self.learner.judge_one(label.features, happened, label.weight)
        self.record.model_loss = _FADE * self.record.model_loss + _loss(told, happened)
        self.record.rule_loss = _FADE * self.record.rule_loss + _loss(label.rule_probability, happened)
        self.record.happened += happened


K = TypeVar("K", bound=ProvenModel)


class ProvenModels(Processor[K]):
    """A processor whose cells are such models: of labels whose model's name begins with `prefix`, the rest is the key;
    what the models are asked about happened where the label is `happens`.
    """

    consumes = (LabelMatured,)
    provides_context = True
    prefix: ClassVar[str]
    happens: ClassVar[str]

    def key(self, event: Event) -> str | None:
        model = event.data.model if isinstance(event.data, LabelMatured) else ""
        return model.removeprefix(self.prefix) if model.startswith(self.prefix) else None

    def step(self, state: K, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, LabelMatured):
            state.learn(event.data, happened=event.data.label == self.happens)
        return ()

    def encode(self, state: K) -> Mapping[str, bytes]:
        return {"learner": state.learner.encode(), "record": msgspec.msgpack.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> K:
        """See `Processor`; DamagedModel if a byte of the learner changed."""
        record = msgspec.msgpack.decode(parts["record"], type=Record)
        return self.state(learner=Logistic.decode(parts["learner"]), record=record)

    def digest(self, state: K) -> bytes:
        return sha256(state.learner.digest().encode() + msgspec.msgpack.encode(state.record)).digest()


def _loss(probability: float, happened: bool) -> float:
    return log_loss(probability if happened else 1.0 - probability)
