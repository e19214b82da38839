"""What has a tenant taught about which team solves a ticket?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from processors.contract import Context, Output
from processors.taught_text import TaughtText, TextModels
from schemas.emitted import LabelMatured
from schemas.event import Event

MODEL = "team"
# Advice is followed once so many labels were learned and it was right at least as often as the rule: the team that was
# given at the opening, else the one that solves most.
LEAST_LABELS = 30
MOST_TEAMS = 512
_FADE = 0.995


class TeamRecord(msgspec.Struct, array_like=True):
    """How model and rule have done, each asked before the label was learned; shares fade with age."""

    model_right: float = 0.0
    rule_right: float = 0.0
    judged: float = 0.0
    solved: dict[str, int] = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class TeamKnowledge(TaughtText[TeamRecord]):
    """The tenant's model of teams."""

    @property
    def is_better(self) -> bool:
        """Whether the model has been right at least as often as the rule."""
        return self.learner.n >= LEAST_LABELS and self.record.model_right >= self.record.rule_right

    @property
    def usual(self) -> str | None:
        """The team that solves most; of equals the one first by name."""
        solved = self.record.solved
        return min(solved, key=lambda team: (-solved[team], team)) if solved else None


class TeamModel(TextModels[TeamKnowledge]):
    """One text model a tenant, taught by where tickets ended and by those that were given on within a day."""

    name = "team.model"
    consumes = (LabelMatured,)
    state = TeamKnowledge
    record = TeamRecord
    most_bytes = 8 << 20
    lessons_between_saves = 512

    def key(self, event: Event) -> str | None:
        return MODEL if isinstance(event.data, LabelMatured) and event.data.model == MODEL else None

    def step(self, state: TeamKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        record = state.record
        if label.label not in record.solved and len(record.solved) >= MOST_TEAMS:
            return ()
        best = state.learner.best(label.text)
        record.judged = _FADE * record.judged + 1.0
        record.model_right = _FADE * record.model_right + (best is not None and best[0] == label.label)
        record.rule_right = _FADE * record.rule_right + ((label.rule_answer or state.usual) == label.label)
        record.solved[label.label] = record.solved.get(label.label, 0) + 1
        state.learn(label.text, label.label)
        return ()


TEAM_MODEL = TeamModel()


def team_knowledge(context: Context) -> TeamKnowledge | None:
    """What the tenant has taught about teams, as it was before the record."""
    return context.read(TEAM_MODEL, MODEL)
