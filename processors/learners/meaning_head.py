"""What do directions say about labels? One Gaussian a label, all of one shape, learned in one pass.

Streaming linear discriminant analysis (Hayes and Kanan, "Lifelong Machine Learning with Deep Streaming LDA", 2020) with
the inverse of the scatter kept by rank-one steps (Sherman and Morrison, 1950). With m_c and n_c the mean and weight of
label c, n the weight of all, and P = (SCATTER I + scatter within labels)^-1:

    logit_c = SHARPNESS * n * (m_c . P x  -  m_c . P m_c / 2)

for a direction x of length 1, told as a difference from the mean of all labels. A label of which no direction is known
gets the least of the others: nothing speaks for it. How far x is from all that was taught is its distance from the
nearest mean (Mahalanobis 1936; as a sign of the unknown Lee and others, "A Simple Unified Framework for Detecting
Out-of-Distribution Samples", 2018), where the square root of the dimension is 1:

    distance = min over c of sqrt(n / dimension * (x - m_c) . P (x - m_c))
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.elementary import Floats, ordered_sum
from processors.learners.meaning_loops import approach, product, taken_off, weighed
from schemas.meaning import Meaning

SCATTER: Final = 3.0  # within labels, assumed before the first
SHARPNESS: Final = 0.1  # the scatter is of few directions and the shape is assumed: as it stands it is far too sure
_COLUMNS: Final = 8


class Understood(NamedTuple):
    """What a direction says for each label, and how far it is from the nearest."""

    logits: Floats
    distance: float


class MeaningHead:
    """Gaussians over the directions of one model of sentences, by the column of their label.

    >>> head = MeaningHead("words", 2)
    >>> head.learn(Meaning("words", bytes([127, 0])), 0, 1.0)
    >>> head.learn(Meaning("words", bytes([0, 127])), 1, 1.0)
    >>> head.understand(Meaning("words", bytes([127, 10])), 2).logits.argmax()
    np.int64(0)
    """

    def __init__(self, model: str, dimension: int) -> None:
        self.model = model
        self.dimension = dimension
        self.precision: Floats = np.eye(dimension) / SCATTER
        self.means: Floats = np.zeros((dimension, _COLUMNS))
        self.halves: Floats = np.zeros(_COLUMNS)
        self.weights: Floats = np.zeros(_COLUMNS)
        self.touched = True  # since it was last saved

    @property
    def size_bytes(self) -> int:
        """Bytes of its arrays in memory."""
        return self.precision.nbytes + self.means.nbytes + self.halves.nbytes + self.weights.nbytes

    def knows(self, meaning: Meaning) -> bool:
        """Whether the direction is one of the same model's."""
        return meaning.model == self.model and len(meaning.values) == self.dimension

    def understand(self, meaning: Meaning, labels: int) -> Understood | None:
        """What a direction says, of so many labels; None where nothing can be compared."""
        known = self.weights[:labels] > 0.0
        if not self.knows(meaning) or not known.any():
            return None
        direction, weight = _unit(meaning), ordered_sum(self.weights)
        seen = weighed(self.precision, direction)
        said = weighed(self.means, seen)[: len(known)] - self.halves[: len(known)]
        apart = product(direction, seen) - 2.0 * float(said[known].max())
        said = SHARPNESS * weight * said
        logits = np.full(labels, said[known].min())
        logits[: len(known)][known] = said[known]
        distance = math.sqrt(weight * max(apart, 0.0) / self.dimension)
        return Understood(np.asarray(logits - ordered_sum(logits) / labels), distance)

    def learn(self, meaning: Meaning, column: int, weight: float) -> None:
        """Takes in one direction of a label."""
        self._fit(column + 1)
        direction, before = _unit(meaning), float(self.weights[column])
        if before:
            self._scatter(direction - self.means[:, column], before * weight / (before + weight))
        self.weights[column] = before + weight
        approach(self.means, direction, column, weight / (before + weight))
        mean = np.ascontiguousarray(self.means[:, column])
        self.halves[column] = product(mean, weighed(self.precision, mean)) / 2.0
        self.touched = True

    def values(self) -> dict[str, Any]:
        """What is no array."""
        return {"model": self.model, "dimension": self.dimension}

    def arrays(self, labels: int) -> dict[str, NDArray[Any]]:
        """What it knows of so many labels."""
        self._fit(labels)
        return {
            "precision": self.precision,
            "means": np.ascontiguousarray(self.means[:, :labels]),
            "halves": self.halves[:labels],
            "weights": self.weights[:labels],
        }

    @classmethod
    def of(cls, values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> MeaningHead:
        """One that knows what `values` and `arrays` of another say."""
        head = cls(values["model"], values["dimension"])
        head.precision = arrays["precision"]
        head.means, head.halves, head.weights = arrays["means"], arrays["halves"], arrays["weights"]
        head.touched = False
        return head

    def _scatter(self, apart: Floats, share: float) -> None:
        """The precision after a direction lay so far from its label's mean, and what depends on it."""
        moved = weighed(self.precision, apart)
        share /= 1.0 + share * product(apart, moved)
        taken_off(self.precision, moved, share)
        along = weighed(self.means, moved)
        self.halves -= share * (along * along) / 2.0

    def _fit(self, columns: int) -> None:
        room = len(self.weights)
        if columns <= room:
            return
        more = max(columns, 2 * room) - room
        self.means = np.concatenate([self.means, np.zeros((self.dimension, more))], axis=1)
        self.halves = np.concatenate([self.halves, np.zeros(more)])
        self.weights = np.concatenate([self.weights, np.zeros(more)])


def _unit(meaning: Meaning) -> Floats:
    """The direction with length 1. Squares of whole numbers add up exactly, and a root has one right answer."""
    values = np.frombuffer(meaning.values, dtype=np.int8).astype(np.float64)
    return np.asarray(values / np.sqrt(float(ordered_sum(values * values))))
