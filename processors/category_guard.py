"""How much may one person, and a whole tenant, move a model within an hour?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np

from processors.learners.features import Ids, feature_ids
from processors.learners.passage import Passage
from processors.settings import Limits
from schemas.instant import HOUR

if TYPE_CHECKING:
    from processors.learners.text_softmax import TextSoftmax

Held = Literal["held: person", "held: tenant", "held: reach"]

# How far one person's corrections may move the answers to unrelated tickets within an hour: measured on a sample of
# recent tickets before a correction is learned. 0.05 is what is promised of all tickets; the sample sees less than all.
MOST_MOVED: Final = 0.012
SAMPLE: Final = 32
# A label that hardly anybody said has no words of its own yet, and draws all that is unfamiliar: corrections alone do
# not make it one. What a sample of known texts shows of that is too little.
LEAST_OF_LABEL: Final = 5.0
UNRELATED: Final = 0.2  # tickets less alike than this have nothing to do with one another
MOST_TRIALS: Final = 8  # an hour and person: a trial costs as much as some hundred answers
MOST_PEOPLE: Final = 512


class Hour(msgspec.Struct, array_like=True):
    """What came from one person in the latest hour (of event time) in which anything did."""

    hour: int
    lessons: int = 0
    trials: int = 0
    moved: float = 0.0


class Guard(msgspec.Struct):
    """The hours of the people who taught last, the tenant's own hour, and how many lessons were held in all."""

    people: dict[str, Hour] = msgspec.field(default_factory=dict)
    tenant: Hour = msgspec.field(default_factory=lambda: Hour(0))
    held: int = 0

    def hold(self, person: str, at: int, limits: Limits) -> Held | None:
        """Counts a label that comes now; why it may not be learned, or None."""
        hour = at // HOUR
        if self.tenant.hour != hour:
            self.tenant = Hour(hour)
        own = self._hour_of(person, hour)
        if self.tenant.lessons >= limits.lessons_per_tenant_hour:
            return self._held("held: tenant")
        if own.lessons >= limits.lessons_per_person_hour:
            return self._held("held: person")
        own.lessons += 1
        self.tenant.lessons += 1
        return None

    def may_move(self, person: str, at: int) -> bool:
        """Whether the person may still try to move what unrelated tickets are answered in this hour."""
        own = self._hour_of(person, at // HOUR)
        return own.trials < MOST_TRIALS and own.moved < MOST_MOVED

    def left(self, person: str, at: int) -> float:
        """How far the person may still move others in this hour."""
        return MOST_MOVED - self._hour_of(person, at // HOUR).moved

    def has_moved(self, person: str, at: int, moved: float) -> bool:
        """Counts what a trial showed; whether it may stand."""
        own = self._hour_of(person, at // HOUR)
        own.trials += 1
        if own.moved + moved > MOST_MOVED:
            own.trials = MOST_TRIALS  # the hour's share is used up: what still fits would have to be looked for
            return False
        own.moved += moved
        return True

    def held_by_reach(self) -> Held:
        """Counts a correction that would have moved too much."""
        return self._held("held: reach")

    def _held(self, why: Held) -> Held:
        self.held += 1
        return why

    def _hour_of(self, person: str, hour: int) -> Hour:
        own = self.people.get(person)
        if own is None or own.hour != hour:
            own = self.people[person] = Hour(hour)
            if len(self.people) > MOST_PEOPLE:
                others = (name for name in self.people if name != person)
                del self.people[min(others, key=lambda name: (self.people[name].hour, name))]
        return own


def largest_move(
    before: TextSoftmax, after: TextSoftmax, taught: str, recent: Sequence[Passage], most: float = 1.0
) -> float:
    """How far the probability of any label of unrelated words of recent tickets lies apart between two models.

    Halves of tickets are asked about: the model knows the whole ones, and what it knows moves less than what is new.
    Nothing more is asked once it is beyond `most`.
    """
    own, moved = feature_ids(taught), 0.0
    for text, meaning in dict.fromkeys(recent):
        words = text.split()
        for half in (" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])):
            if _shared(own, feature_ids(half)) < UNRELATED:
                moved = max(moved, apart(before, after, Passage(half, meaning)))
                if moved > most:
                    return moved
    return moved


def apart(before: TextSoftmax, after: TextSoftmax, asked: str | Passage) -> float:
    """How far the probability of any label of a text lies apart; `after` has learned what `before` has, and more."""
    old, new = before.probabilities(asked), after.probabilities(asked)
    known = float(np.abs(new[: len(old)] - old).max(initial=0.0))
    return max(known, float(new[len(old) :].max(initial=0.0)))


def _shared(first: Ids, second: Ids) -> float:
    """The share of features that two texts have in common of those that either has."""
    if not len(first) or not len(second):
        return 0.0
    both = int((first.take(first.searchsorted(second), mode="clip") == second).sum())
    return both / (len(first) + len(second) - both)
