"""What has a tenant's own history taught about which promises are broken?"""

from __future__ import annotations

from dataclasses import dataclass, field

from processors.learners.logistic import Logistic
from processors.proven_model import ProvenModel, ProvenModels

BROKEN, KEPT = "broken", "kept"
OF = "breach."
UNDER_WAY = " under way"

# A label costs the square of the columns, a forecast their number: this many take a tenth of a millisecond together.
MOST_COLUMNS = 128


@dataclass(slots=True)
class BreachKnowledge(ProvenModel):
    """The model of one kind of clock, when it begins or under way, and its record."""

    learner: Logistic = field(default_factory=lambda: Logistic(max_columns=MOST_COLUMNS))


class BreachModel(ProvenModels[BreachKnowledge]):
    """Two logistic regressions a kind of clock, taught by promises that were kept or broken, in the tenant's order."""

    name = "breach.model"
    prefix = OF
    happens = BROKEN
    state = BreachKnowledge


BREACH_MODEL = BreachModel()
