"""Which corrections are remembered, so that tickets like the corrected ones are answered by them at once?

A correction speaks for tickets that are like its own and for no others. What one person corrected makes room for it by
going first, so nobody's flood drives out what others corrected.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np

from processors.learners.features import Ids, feature_ids
from processors.learners.like_texts import LikeTexts, Weigh, sketch_of

MOST_REMEMBERED: Final = 128
# Measured on public questions to a bank: of two texts at least so alike, nine in ten pairs are about the same.
LIKE: Final = 0.4
# What a correction adds to the log-odds of its label, times the likeness.
STRENGTH: Final = 10.0


class Correction(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was corrected: the ticket, its label, by whom, in which event, and a sketch of the ticket's words."""

    ticket: str
    label: str
    person: str
    event_id: str
    at: int
    sketch: bytes

    @property
    def ids(self) -> Ids:
        return np.frombuffer(self.sketch, dtype="<u4").astype(np.uint32)


class Likeness(NamedTuple):
    """A remembered correction and how alike its ticket is, from `LIKE` to 1."""

    correction: Correction
    share: float

    @property
    def log_odds(self) -> float:
        """What it adds to the log-odds of its label."""
        return STRENGTH * self.share


class Memory:
    """Corrections, oldest first; at most 128 of them, each with a sketch of at most 1 KB."""

    def __init__(self, corrections: list[Correction] | None = None) -> None:
        self.corrections: list[Correction] = corrections or []
        self._like: LikeTexts | None = None

    def nearest(self, text: str, weigh: Weigh) -> Likeness | None:
        """The correction of the likest ticket, if one is like this text."""
        if not self.corrections:
            return None
        if self._like is None:
            self._like = LikeTexts([one.ids for one in self.corrections])
        found = self._like.nearest(feature_ids(text), weigh, LIKE)
        return None if found is None else Likeness(self.corrections[found[0]], found[1])

    def remember(self, ticket: str, label: str, person: str, event_id: str, at: int, text: str) -> None:
        """Takes a correction in, in place of what was remembered of the same ticket."""
        sketch = sketch_of(feature_ids(text)).astype("<u4").tobytes()
        kept = [one for one in self.corrections if one.ticket != ticket]
        kept.append(Correction(ticket, label, person, event_id, at, sketch))
        if len(kept) > MOST_REMEMBERED:
            said: dict[str, int] = {}
            for one in kept:
                said[one.person] = said.get(one.person, 0) + 1
            most = max(said.values())
            kept.remove(next(one for one in kept if said[one.person] == most))
        self._replace(kept)

    def contradicted(self, ticket: str, label: str, person: str, text: str, weigh: Weigh) -> None:
        """Forgets what a final label speaks against: of the same ticket, or somebody else's of the likest one."""
        near = self.nearest(text, weigh)
        if near is None or near.correction.label == label:
            return
        if near.correction.ticket == ticket or near.correction.person != person:
            self._replace([one for one in self.corrections if one is not near.correction])

    def forget(self, person: str, since: int | None, until: int | None) -> int:
        """Forgets what a person corrected within a time; returns how many corrections that were."""
        kept = [one for one in self.corrections if one.person != person or not within(one.at, since, until)]
        forgotten = len(self.corrections) - len(kept)
        if forgotten:
            self._replace(kept)
        return forgotten

    def _replace(self, corrections: list[Correction]) -> None:
        self.corrections = corrections
        self._like = None


def within(at: int, since: int | None, until: int | None) -> bool:
    """Whether an instant lies from `since` up to `until`, where none is no bound."""
    return (since is None or at >= since) and (until is None or at <= until)
