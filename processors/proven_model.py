"""Does a tenant's own model predict better than the rule it would replace?

A model answers once it has seen enough of both outcomes and has, label by label, cost less than the rule: both are
judged by what was said when the features were as the label's, before the label is learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from processors.learners.logistic import Logistic
from processors.probability import log_loss
from schemas.emitted import LabelMatured

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
        told = self.learner.probability(label.features)
        self.record.model_loss = _FADE * self.record.model_loss + _loss(told, happened)
        self.record.rule_loss = _FADE * self.record.rule_loss + _loss(label.rule_probability, happened)
        self.record.happened += happened
        self.learner.learn_one(label.features, happened, label.weight)

    def encode(self) -> dict[str, bytes]:
        """The parts to save."""
        return {"learner": self.learner.encode(), "record": msgspec.msgpack.encode(self.record)}

    def digest(self) -> bytes:
        """SHA-256 of what it knows."""
        return sha256(self.learner.digest().encode() + msgspec.msgpack.encode(self.record)).digest()


def decoded(parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Learner and record out of `encode`; DamagedModel if a byte of the learner changed."""
    return {
        "learner": Logistic.decode(parts["learner"]),
        "record": msgspec.msgpack.decode(parts["record"], type=Record),
    }


def _loss(probability: float, happened: bool) -> float:
    return log_loss(probability if happened else 1.0 - probability)
