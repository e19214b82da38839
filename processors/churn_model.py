"""What has a tenant's own history taught about who leaves?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.logistic import Logistic
from processors.probability import log_loss
from schemas.emitted import LabelMatured
from schemas.event import Event

# A tenant's model answers once it has seen this much and has, label by label, cost less than the rule.
LEAST_LABELS = 40
LEAST_OF_EACH = 5
_FADE = 0.99


class Record(msgspec.Struct):
    """How model and rule have done so far, each asked before the label was learned; losses fade with age."""

    left: int = 0
    model_loss: float = 0.0
    rule_loss: float = 0.0


@dataclass(slots=True)
class ChurnKnowledge:
    """The model of one horizon and its record."""

    learner: Logistic = field(default_factory=Logistic)
    record: Record = field(default_factory=Record)

    @property
    def is_better(self) -> bool:
        """Whether the model has predicted measurably better than the rule."""
        stayed = self.learner.n - self.record.left
        enough = self.learner.n >= LEAST_LABELS and min(self.record.left, stayed) >= LEAST_OF_EACH
        return enough and self.record.model_loss < self.record.rule_loss


class ChurnModel(Processor[ChurnKnowledge]):
    """One logistic regression a horizon, taught by matured labels in the tenant's order."""

    name = "churn.model"
    consumes = (LabelMatured,)
    provides_context = True
    state = ChurnKnowledge

    def key(self, event: Event) -> str | None:
        model = event.data.model if isinstance(event.data, LabelMatured) else ""
        return model.removeprefix("churn.") if model.startswith("churn.") else None

    def step(self, state: ChurnKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if isinstance(label, LabelMatured):
            left = label.label == "churned"
            told = state.learner.predict_proba_one(label.features)[True]
            record = state.record
            record.model_loss = _FADE * record.model_loss + log_loss(told if left else 1.0 - told)
            rule = label.rule_probability
            record.rule_loss = _FADE * record.rule_loss + log_loss(rule if left else 1.0 - rule)
            record.left += left
            state.learner.learn_one(label.features, left, label.weight)
        return ()

    def encode(self, state: ChurnKnowledge) -> Mapping[str, bytes]:
        return {"learner": state.learner.encode(), "record": msgspec.msgpack.encode(state.record)}

    def decode(self, parts: Mapping[str, bytes]) -> ChurnKnowledge:
        learner = Logistic.decode(parts["learner"])
        return ChurnKnowledge(learner, msgspec.msgpack.decode(parts["record"], type=Record))

    def digest(self, state: ChurnKnowledge) -> bytes:
        return sha256(state.learner.digest().encode() + msgspec.msgpack.encode(state.record)).digest()


CHURN_MODEL = ChurnModel()
