"""What has a tenant's own history taught about who leaves?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.contract import Context, Output, Processor
from processors.proven_model import ProvenModel, decoded
from schemas.emitted import LabelMatured
from schemas.event import Event


@dataclass(slots=True)
class ChurnKnowledge(ProvenModel):
    """The model of one horizon and its record."""


class ChurnModel(Processor[ChurnKnowledge]):
    """One logistic regression a horizon, taught by matured labels in the tenant's order."""

    name = "churn.model"
    version = 2  # since its record counts what happened, not who left
    consumes = (LabelMatured,)
    provides_context = True
    state = ChurnKnowledge

    def key(self, event: Event) -> str | None:
        model = event.data.model if isinstance(event.data, LabelMatured) else ""
        return model.removeprefix("churn.") if model.startswith("churn.") else None

    def step(self, state: ChurnKnowledge, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, LabelMatured):
            state.learn(event.data, happened=event.data.label == "churned")
        return ()

    def encode(self, state: ChurnKnowledge) -> Mapping[str, bytes]:
        return state.encode()

    def decode(self, parts: Mapping[str, bytes]) -> ChurnKnowledge:
        return ChurnKnowledge(**decoded(parts))

    def digest(self, state: ChurnKnowledge) -> bytes:
        return state.digest()


CHURN_MODEL = ChurnModel()
