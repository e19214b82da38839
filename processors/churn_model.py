"""What has a tenant's own history taught about who leaves?"""

from __future__ import annotations

from dataclasses import dataclass

from processors.proven_model import ProvenModel, ProvenModels


@dataclass(slots=True)
class ChurnKnowledge(ProvenModel):
    """The model of one horizon and its record."""


class ChurnModel(ProvenModels[ChurnKnowledge]):
    """One logistic regression a horizon, taught by matured labels in the tenant's order."""

    name = "churn.model"
    version = 2  # since its record counts what happened, not who left
    prefix = "churn."
    happens = "churned"
    state = ChurnKnowledge


CHURN_MODEL = ChurnModel()
