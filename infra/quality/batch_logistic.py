"""What would a batch model say, refitted with every label known so far? The usual way, as a measure for ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from processors.learners.columns import Profile

_LEAST_SIGHTS = 3
_STEPS = 15
Floats = NDArray[np.float64]


class BatchLogistic:
    """Logistic regression with a ridge, fitted to all examples at once by Newton's method.

    Numbers are standardised, words and gaps are columns of their own where they occur three times or more.
    """

    def __init__(self, profiles: Sequence[Profile], happened: Sequence[bool], ridge: float = 5.0) -> None:
        words = Counter(word for profile in profiles for word in _words(profile))
        self._columns = {
            word: place for place, word in enumerate(sorted(w for w in words if words[w] >= _LEAST_SIGHTS))
        }
        numbers = sorted(
            {name for profile in profiles for name, value in profile.items() if not isinstance(value, str)}
        )
        self._numbers = numbers
        raw = np.array([[_number(profile, name) for name in numbers] for profile in profiles], dtype=np.float64)
        self._means, self._spreads = np.nanmean(raw, axis=0), np.nanstd(raw, axis=0)
        self._spreads[self._spreads == 0.0] = 1.0
        self._weights = _fitted(self._matrix(profiles), np.asarray(happened, dtype=np.float64), ridge)

    def probabilities(self, profiles: Sequence[Profile]) -> list[float]:
        """Of each profile, that it happens."""
        chances: list[float] = _logistic(self._matrix(profiles) @ self._weights).tolist()
        return chances

    def _matrix(self, profiles: Sequence[Profile]) -> Floats:
        matrix = np.zeros((len(profiles), 1 + len(self._numbers) + len(self._columns)))
        matrix[:, 0] = 1.0
        first = 1 + len(self._numbers)
        for row, profile in enumerate(profiles):
            numbers = np.array([_number(profile, name) for name in self._numbers])
            matrix[row, 1:first] = np.nan_to_num((numbers - self._means) / self._spreads)
            for word in _words(profile):
                if word in self._columns:
                    matrix[row, first + self._columns[word]] = 1.0
        return matrix


def _number(profile: Profile, name: str) -> float:
    value = profile.get(name)
    return float("nan") if value is None or isinstance(value, str) else float(value)


def _words(profile: Profile) -> list[str]:
    return [f"{name}={value}" for name, value in profile.items() if isinstance(value, str)]


def _fitted(matrix: Floats, happened: Floats, ridge: float) -> Floats:
    weights = np.zeros(matrix.shape[1])
    penalty = np.full(matrix.shape[1], ridge)
    penalty[0] = 1e-3
    for _ in range(_STEPS):
        chance = _logistic(matrix @ weights)
        slope = matrix.T @ (happened - chance) - penalty * weights
        curvature = (matrix * (chance * (1.0 - chance))[:, None]).T @ matrix + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights


def _logistic(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0))))
