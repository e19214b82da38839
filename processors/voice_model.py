"""What have a tenant's answers taught about what customers speak of, and how bad it is?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from processors.contract import Context, Output
from processors.hourly_cap import Sources, admits
from processors.learners.passage import Passage
from processors.taught_text import TaughtText, TextModels
from schemas.emitted import LabelMatured
from schemas.event import Event
from schemas.meaning import meaning_in

TOPIC: Final = "feedback.topic"
SEVERITY: Final = "feedback.severity"
# A model answers once it has learned so many labels of at least two kinds.
LEAST_LABELS: Final = 30
# Before that a label is a word or two that somebody used once, and stands out of everything.
LEAST_OF_LABEL: Final = 5
MOST_LABELS: Final = 256


class VoiceRecord(msgspec.Struct, array_like=True):
    """How many labels each account taught in an hour, and how many were too many."""

    sources: Sources = msgspec.field(default_factory=dict)
    capped: int = 0


@dataclass(slots=True)
class VoiceKnowledge(TaughtText[VoiceRecord]):
    """A model of what is said."""

    @property
    def answers(self) -> bool:
        """Whether it has learned enough to be asked."""
        return self.learner.n >= LEAST_LABELS and len(self.learner.labels) > 1


class VoiceModel(TextModels[VoiceKnowledge]):
    """Two text models a tenant: of topics, taught by those that forms say, and of severity, taught by scores."""

    name = "feedback.model"
    consumes = (LabelMatured,)
    state = VoiceKnowledge
    record = VoiceRecord
    most_bytes = 4 << 20
    lessons_between_saves = 256

    def key(self, event: Event) -> str | None:
        data = event.data
        return data.model if isinstance(data, LabelMatured) and data.model in (TOPIC, SEVERITY) else None

    def step(self, state: VoiceKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        known = label.label in state.learner.labels
        if not known and len(state.learner.labels) >= MOST_LABELS:
            return ()
        if not context.backfilling and not admits(state.record.sources, label.said_by, context.clock):
            state.record.capped += 1
            return ()
        state.learn(Passage(label.text, meaning_in(label.meaning)), label.label)
        return ()


VOICE_MODEL: Final = VoiceModel()
