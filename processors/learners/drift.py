"""Has the level of this stream of numbers changed?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from river import base

from processors.learners.container import DamagedModel
from processors.learners.elementary import log


@dataclass
class AdwinState:
    """The window as buckets: `levels[k]` holds (total, squared deviations) of 2^k values each, oldest first."""

    levels: list[list[tuple[float, float]]] = field(default_factory=lambda: [[]])
    width: int = 0
    total: float = 0.0
    variance: float = 0.0  # squared deviations over the window
    ticks: int = 0
    detections: int = 0
    drift_detected: bool = False


class Adwin(base.DriftDetector):
    """Adaptive windowing (Bifet and Gavalda 2007): the window shrinks where two of its parts differ in mean.

    Answers as `river.drift.ADWIN` does, step by step, but its whole state is a dataclass and its logarithm our own.
    As there, a detector that has found a drift starts anew with the next value.

    Parameters
    ----------
    delta
        Significance: smaller means fewer alarms.
    clock
        The window is examined at every so many values.
    max_buckets
        Of each size, before the two oldest are merged.
    min_window_length
        The shortest part of a window that is compared.
    grace_period
        Values before the first examination.

    Examples
    --------
    >>> from processors.learners.drift import Adwin
    >>> adwin = Adwin()
    >>> for position, value in enumerate([0.1] * 300 + [0.9] * 300):
    ...     adwin.update(value)
    ...     if adwin.drift_detected:
    ...         print(position)
    319
    >>> Adwin.decode(adwin.encode()).estimation == adwin.estimation
    True
    """

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        if not 0.0 < delta < 1.0:
            raise ValueError(f"delta must be between 0 and 1, got {delta!r}")
        if clock < 1 or max_buckets < 2 or min_window_length < 1 or grace_period < 1:
            raise ValueError("clock, min_window_length and grace_period must be at least 1, max_buckets at least 2")
        self.delta = delta
        self.clock = clock
        self.max_buckets = max_buckets
        self.min_window_length = min_window_length
        self.grace_period = grace_period
        self.state = AdwinState()

    @property
    def drift_detected(self) -> bool:
        """Whether the last value brought a drift to light."""
        return self.state.drift_detected

    @property
    def width(self) -> int:
        """How many values the window holds."""
        return self.state.width

    @property
    def estimation(self) -> float:
        """The window's mean; 0 when it is empty."""
        return self.state.total / self.state.width if self.state.width else 0.0

    @property
    def variance(self) -> float:
        """The window's sum of squared deviations from its mean."""
        return self.state.variance

    @property
    def n_detections(self) -> int:
        """Drifts found since the window began anew."""
        return self.state.detections

    def update(self, x: float) -> None:
        """Takes in one value; ValueError unless it is finite."""
        value = float(x)
        if not math.isfinite(value):
            raise ValueError(f"a drift detector needs finite values, got {x!r}")
        if self.state.drift_detected:
            self.state = AdwinState()
        state = self.state
        self._insert(value)
        state.ticks += 1
        if state.ticks % self.clock == 0 and state.width > self.grace_period:
            while self._cut():
                self._drop_oldest()
                state.drift_detected = True
        state.detections += state.drift_detected

    def encode(self) -> str:
        """Parameters and state as JSON, numbers exact."""
        parameters = [self.delta, self.clock, self.max_buckets, self.min_window_length, self.grace_period]
        return json.dumps({"parameters": parameters, "state": asdict(self.state)}, sort_keys=True)

    @classmethod
    def decode(cls, data: str) -> Adwin:
        """The detector out of `encode`; raises DamagedModel on anything else."""
        try:
            saved = json.loads(data)
            adwin = cls(*saved["parameters"])
            adwin.state = AdwinState(**saved["state"])
            adwin.state.levels = [[(total, variance) for total, variance in level] for level in adwin.state.levels]
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedModel(f"the saved drift detector cannot be read: {error}") from error
        return adwin

    def _insert(self, value: float) -> None:
        state = self.state
        state.levels[0].append((value, 0.0))
        state.width += 1
        if state.width > 1:
            before = float(state.width - 1)
            distance = value - state.total / before
            state.variance += before * distance * distance / state.width
        state.total += value
        for level, buckets in enumerate(state.levels):
            if len(buckets) <= self.max_buckets:
                break
            if level + 1 == len(state.levels):
                state.levels.append([])
            state.levels[level + 1].append(_merged(buckets[0], buckets[1], float(2**level)))
            del buckets[:2]

    def _drop_oldest(self) -> None:
        state = self.state
        count = float(2 ** (len(state.levels) - 1))
        total, variance = state.levels[-1].pop(0)
        if not state.levels[-1]:
            state.levels.pop()
        state.width -= int(count)
        state.total -= total
        distance = total / count - state.total / state.width
        state.variance -= variance + count * state.width * distance * distance / (count + state.width)

    def _cut(self) -> bool:
        """Whether somewhere the older and the newer part of the window differ in mean."""
        state = self.state
        old_width, old_total = 0.0, 0.0
        new_width, new_total = float(state.width), state.total
        for count, total in self._buckets():
            old_width += count
            new_width -= count
            old_total += total
            new_total -= total
            if new_width <= 0.0:
                return False
            long_enough = new_width >= self.min_window_length and old_width >= self.min_window_length
            if long_enough and abs(old_total / old_width - new_total / new_width) > self._bound(old_width, new_width):
                return True
        return False

    def _buckets(self) -> Iterator[tuple[float, float]]:
        """(number of values, total) of each bucket, oldest first."""
        for level in range(len(self.state.levels) - 1, -1, -1):
            for total, _ in self.state.levels[level]:
                yield float(2**level), total

    def _bound(self, old_width: float, new_width: float) -> float:
        """How far two means may be apart by chance."""
        confidence = log(2 * log(float(self.state.width)) / self.delta)
        shares = 1.0 / (old_width - self.min_window_length + 1) + 1.0 / (new_width - self.min_window_length + 1)
        spread = self.state.variance / self.state.width
        return math.sqrt(max(2 * shares * spread * confidence, 0.0)) + 2 / 3 * confidence * shares


def _merged(older: tuple[float, float], newer: tuple[float, float], count: float) -> tuple[float, float]:
    distance = older[0] / count - newer[0] / count
    between = count * count * distance * distance / (count + count)
    return older[0] + newer[0], older[1] + newer[1] + between
