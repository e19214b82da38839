"""What has a tenant's own history taught about which promises are broken?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from processors.contract import Context, Output, Processor
from processors.learners.logistic import Logistic
from processors.proven_model import ProvenModel, decoded
from schemas.emitted import LabelMatured
from schemas.event import Event

BROKEN, KEPT = "broken", "kept"
OF = "breach."
UNDER_WAY = " under way"

# A label costs the square of the columns, a forecast their number: this many take a tenth of a millisecond together.
MOST_COLUMNS = 128


@dataclass(slots=True)
class BreachKnowledge(ProvenModel):
    """The model of one kind of clock, when it begins or under way, and its record."""

    learner: Logistic = field(default_factory=lambda: Logistic(max_columns=MOST_COLUMNS))


class BreachModel(Processor[BreachKnowledge]):
    """Two logistic regressions a kind of clock, taught by promises that were kept or broken, in the tenant's order."""

    name = "breach.model"
    consumes = (LabelMatured,)
    provides_context = True
    state = BreachKnowledge

    def key(self, event: Event) -> str | None:
        model = event.data.model if isinstance(event.data, LabelMatured) else ""
        return model.removeprefix(OF) if model.startswith(OF) else None

    def step(self, state: BreachKnowledge, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, LabelMatured):
            state.learn(event.data, happened=event.data.label == BROKEN)
        return ()

    def encode(self, state: BreachKnowledge) -> Mapping[str, bytes]:
        return state.encode()

    def decode(self, parts: Mapping[str, bytes]) -> BreachKnowledge:
        return BreachKnowledge(**decoded(parts))

    def digest(self, state: BreachKnowledge) -> bytes:
        return state.digest()


BREACH_MODEL = BreachModel()
