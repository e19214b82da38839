"""What have a tenant's ratings taught about how glad and sorry customers write, language by language?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from processors.contract import Context, Output
from processors.hourly_cap import Sources, admits
from processors.learners.passage import Passage
from processors.probability import log_loss
from processors.taught_text import TaughtText, TextModels
from schemas.emitted import LabelMatured
from schemas.event import Event

MODEL: Final = "sentiment"
GLAD: Final = "glad"
SORRY: Final = "sorry"
# A language is measured once so many ratings were learned, some of each kind, and the model has cost less, rating by
# rating, than the rate of glad ones alone.
LEAST_RATINGS: Final = 40
LEAST_OF_EACH: Final = 8
_FADE: Final = 0.995


class MoodRecord(msgspec.Struct, array_like=True):
    """How model and rate have done, each asked before the rating was learned; losses fade with age."""

    glad: int = 0
    model_loss: float = 0.0
    rate_loss: float = 0.0
    sources: Sources = msgspec.field(default_factory=dict)
    capped: int = 0


@dataclass(slots=True)
class MoodKnowledge(TaughtText[MoodRecord]):
    """The model of one language."""

    @property
    def is_measured(self) -> bool:
        """Whether there were ratings enough, and the model is worth more than their rate."""
        sorry = self.learner.n - self.record.glad
        enough = self.learner.n >= LEAST_RATINGS and min(self.record.glad, sorry) >= LEAST_OF_EACH
        return enough and self.record.model_loss < self.record.rate_loss

    def chance(self, text: str) -> float:
        """How likely the text is a glad one's."""
        return self.learner.predict_proba_one(text).get(GLAD, 0.5)


class SentimentModel(TextModels[MoodKnowledge]):
    """One text model a tenant and language, taught by ratings of tickets."""

    name = "sentiment.model"
    consumes = (LabelMatured,)
    state = MoodKnowledge
    record = MoodRecord
    most_bytes = 2 << 20
    lessons_between_saves = 256

    def key(self, event: Event) -> str | None:
        data = event.data
        if not isinstance(data, LabelMatured) or data.model != MODEL:
            return None
        return str(data.features.get("language", ""))

    def step(self, state: MoodKnowledge, event: Event, context: Context) -> Sequence[Output]:
        label = event.data
        if not isinstance(label, LabelMatured) or not label.text.strip():
            return ()
        record = state.record
        if not context.backfilling and not admits(record.sources, label.said_by, context.clock):
            record.capped += 1
            return ()
        is_glad = label.label == GLAD
        chance = state.chance(label.text)
        # One rating of each kind is given for nothing, so that a rate is never sure.
        rate = (record.glad + 1.0) / (state.learner.n + 2.0)
        record.model_loss = _FADE * record.model_loss + log_loss(chance if is_glad else 1.0 - chance)
        record.rate_loss = _FADE * record.rate_loss + log_loss(rate if is_glad else 1.0 - rate)
        record.glad += is_glad
        state.learn(Passage(label.text), label.label)
        return ()


SENTIMENT_MODEL: Final = SentimentModel()


def mood_knowledge(context: Context, language: str | None) -> MoodKnowledge | None:
    """What ratings in a language have taught, where they were enough to measure it; None else."""
    knowledge = context.read(SENTIMENT_MODEL, language or "")
    return knowledge if knowledge is not None and knowledge.is_measured else None
