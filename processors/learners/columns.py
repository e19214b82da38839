"""Which numbers does a profile of named values become?

A number becomes its distance from the running mean in running standard deviations. A missing number becomes 0 and sets
a column of its own. A word becomes a 1 in the column of that name and word; absent words are 0 and stay so: nothing is
centred that would have to be touched for every profile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from processors.learners.elementary import Floats

Value = float | int | bool | str | None
Profile = Mapping[str, Value]
Said = tuple[list[tuple[str, float]], list[str]]

MOST_DEVIATIONS = 4.0  # a value further out counts as this far
MOST_SURPRISE = 6.0  # in deviations: how far one value can pull the running mean and deviation
LARGEST = 1e100  # what lies beyond counts as this, so that squares of differences stay finite
SETTLED = 20  # values after which surprise is limited
SIGHTS_FOR_A_COLUMN = 3  # of a word or a gap: what occurs less often gets none
MOST_WAITING = 1_024  # words waiting for their column; the oldest goes first
MISSING = " missing"


@dataclass
class Moments:
    """Running mean and sum of squared deviations of one number (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @property
    def deviation(self) -> float:
        return math.sqrt(self.squares / self.count) if self.count else 0.0

    def update(self, value: float) -> None:
        if self.count >= SETTLED:
            reach = MOST_SURPRISE * self.deviation
            value = min(max(value, self.mean - reach), self.mean + reach) if reach > 0.0 else value
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self.squares += delta * (value - self.mean)

    def standardise(self, value: float) -> float:
        deviation = self.deviation
        if deviation <= 0.0:
            return 0.0
        return min(max((value - self.mean) / deviation, -MOST_DEVIATIONS), MOST_DEVIATIONS)


@dataclass
class Columns:
    """Columns by name in order of appearance (at most `most`), the numbers' moments, and what waits for a column."""

    most: int
    names: list[str] = field(default_factory=list)
    moments: dict[str, Moments] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._index = {name: column for column, name in enumerate(self.names)}

    def learn(self, said: Said) -> None:
        """Takes in what a profile says of means, deviations and words; a name's kind may differ between profiles."""
        numbers, words = said
        for name, value in numbers:
            if name not in self.moments and not self._add(name):
                continue
            self.moments.setdefault(name, Moments()).update(value)
        for word in words + self._missing(numbers):
            if word not in self._index:
                self._wait(word)

    def vector(self, said: Said, room: int) -> Floats:
        """One, then what a profile says, a number a column, filled up with zeros to `room`."""
        vector = np.zeros(room)
        vector[0] = 1.0
        numbers, words = said
        for name, value in numbers:
            if name in self.moments:
                vector[1 + self._index[name]] = self.moments[name].standardise(value)
        for word in words + self._missing(numbers):
            if word in self._index:
                vector[1 + self._index[word]] = 1.0
        return vector

    def _missing(self, numbers: list[tuple[str, float]]) -> list[str]:
        present = {name for name, _ in numbers}
        if len(present) == len(self.moments) and present.issuperset(self.moments):
            return []
        return [name + MISSING for name in self.moments if name not in present]

    def _wait(self, word: str) -> None:
        sights = self.waiting.pop(word, 0) + 1
        if sights >= SIGHTS_FOR_A_COLUMN:
            self._add(word)
            return
        self.waiting[word] = sights
        if len(self.waiting) > MOST_WAITING:
            del self.waiting[next(iter(self.waiting))]

    def _add(self, name: str) -> bool:
        if name in self._index:
            return True
        if len(self.names) >= self.most:
            return False
        self._index[name] = len(self.names)
        self.names.append(name)
        return True


def said_in(profile: Profile) -> Said:
    """Numbers by name and words as `name=word`, in the order of names; ValueError for what is not finite."""
    numbers: list[tuple[str, float]] = []
    words: list[str] = []
    for name in sorted(profile):
        value = profile[name]
        if isinstance(value, str):
            words.append(f"{name}={value}")
        elif value is not None:
            number = float(value)
            if not math.isfinite(number):
                raise ValueError(
                    f"feature {name!r} is {value!r}; a feature must be finite, or None where it is missing"
                )
            numbers.append((name, min(max(number, -LARGEST), LARGEST)))
    return numbers, words
