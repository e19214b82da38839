"""How long do a tenant's tickets keep somebody busy, and what makes them longer? Learned from solved ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from processors.contract import Context, Output, Processor
from processors.learners.elementary import exp, log
from processors.learners.log_effects import LogEffects
from processors.learners.spread import Spread
from schemas.emitted import HandlingObserved
from schemas.event import Event
from schemas.explanation import Term
from schemas.instant import MINUTE, SECOND

LEAST_LABELS: Final = 40
USUAL: Final = "the usual ticket"
MODEL: Final = "the tenant's own"
_THOUSANDTHS: Final = 1_000
_MINUTE_SECONDS: Final = MINUTE // SECOND
_LONGEST: Final = 13_000  # thousandths: nine months
_FADE_PERCENT: Final = 99


class Expected(NamedTuple):
    """Thousandths of the logarithm of minutes: the median with its terms, and the ends of the range of four of five."""

    total: int
    low: int
    high: int
    usual: int
    model: str
    terms: tuple[Term, ...]


class HandlingKnowledge(msgspec.Struct, array_like=True, gc=False):
    """What values add, how far that missed, how long tickets took, and how much both ways of telling missed lately."""

    effects: LogEffects = msgspec.field(default_factory=LogEffects)
    missed: Spread = msgspec.field(default_factory=lambda: Spread(-3_200, 50))
    took: Spread = msgspec.field(default_factory=lambda: Spread(0, 100))
    model_loss: int = 0
    usual_loss: int = 0

    @property
    def is_better(self) -> bool:
        """Whether telling by values has missed measurably less than the median of all."""
        return self.effects.n >= LEAST_LABELS and self.model_loss < self.usual_loss

    def expected(self, values: Sequence[str]) -> Expected:
        """How long a ticket of these values takes: by them where that has proved better, else as all do."""
        low, usual, high = self.took.shares()
        if not self.is_better:
            return Expected(usual, low, high, usual, USUAL, (Term(USUAL, float(usual)),))
        total, added = self.effects.told(values)
        low, half, high = self.missed.shares()
        known = [Term(value, float(amount)) for value, amount in zip(values, added, strict=True) if amount]
        middle = Term("the middle of all tickets", float(total - sum(added)))
        terms = (middle, *known, Term("half of them took less than that", float(half)))
        return Expected(total + half, total + low, total + high, usual, MODEL, terms)

    def learn(self, values: Sequence[str], seconds: int) -> None:
        """Judges both ways of telling by a ticket that was solved, and learns it."""
        target = thousandths_of(seconds)
        told = self.effects.told(values)[0]
        if self.effects.n:
            self.model_loss = self.model_loss * _FADE_PERCENT // 100 + abs(target - told)
            self.usual_loss = self.usual_loss * _FADE_PERCENT // 100 + abs(target - self.took.half())
            self.missed.note(target - told)
        self.took.note(target)
        self.effects.learn(values, target)


class HandlingModel(Processor[HandlingKnowledge]):
    """One cell a tenant."""

    name = "handling.model"
    consumes = (HandlingObserved,)
    provides_context = True
    state = HandlingKnowledge

    def key(self, event: Event) -> str:
        return "handling"

    def step(self, state: HandlingKnowledge, event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, HandlingObserved):
            state.learn(event.data.values, event.data.seconds)
        return ()


HANDLING_MODEL: Final = HandlingModel()


def handling_knowledge(context: Context) -> HandlingKnowledge | None:
    """What the tenant's tickets have taught; None before the first was solved."""
    return context.read(HANDLING_MODEL, "handling")


def thousandths_of(seconds: int) -> int:
    """The logarithm of minutes, a minute at least."""
    return min(_LONGEST, round(_THOUSANDTHS * log(max(seconds, _MINUTE_SECONDS) / _MINUTE_SECONDS)))


def minutes_of(thousandths: int) -> int:
    """Whole minutes, one at least."""
    return max(1, round(exp(min(_LONGEST, max(0, thousandths)) / _THOUSANDTHS)))
