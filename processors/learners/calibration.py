"""How often is an answer given with this confidence right, and from where on is it good enough?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from processors.learners.container import DamagedModel

BINS = 20
MOST_ANSWERS = 20_000.0  # then all counts are halved, so that old answers fade
LEAST_SUPPORT = 30.0  # answers above a threshold before its precision is believed


@dataclass
class Reliability:
    """Answers with known truth, by confidence in twenty equal bins: how many, their confidences' sum, how many right.

    Examples
    --------
    >>> from processors.learners.calibration import Reliability
    >>> reliability = Reliability()
    >>> for confidence, right in [(0.95, True)] * 95 + [(0.95, False)] * 5 + [(0.45, True)] * 45 + [(0.45, False)] * 55:
    ...     reliability.update(confidence, right)
    >>> round(reliability.expected_error, 6), reliability.threshold(0.9), reliability.threshold(0.99)
    (0.0, 0.5, None)
    """

    answers: list[float] = field(default_factory=lambda: [0.0] * BINS)
    confidences: list[float] = field(default_factory=lambda: [0.0] * BINS)
    right: list[float] = field(default_factory=lambda: [0.0] * BINS)

    @property
    def total(self) -> float:
        """How many answers it counts, faded ones by what is left of them."""
        return sum(self.answers)

    @property
    def expected_error(self) -> float:
        """Expected calibration error: the mean distance of confidence and precision; 0 without answers."""
        distances = (abs(confidence - right) for confidence, right in zip(self.confidences, self.right, strict=True))
        return sum(distances) / self.total if self.total else 0.0

    def update(self, confidence: float, right: bool) -> None:
        """Takes in one answer whose truth has become known; ValueError for a confidence outside [0, 1]."""
        if not 0.0 <= confidence <= 1.0:
            raise ValueError(f"a confidence must be in [0, 1], got {confidence!r}")
        bin_ = min(int(confidence * BINS), BINS - 1)
        self.answers[bin_] += 1.0
        self.confidences[bin_] += confidence
        self.right[bin_] += float(right)
        if self.total >= MOST_ANSWERS:
            for counts in (self.answers, self.confidences, self.right):
                counts[:] = [count / 2.0 for count in counts]

    def precision(self, threshold: float) -> float | None:
        """The share of right ones among answers from this bin's lower edge up; None with fewer than 30 of them."""
        first = min(int(threshold * BINS + 1e-9), BINS - 1)
        answers = sum(self.answers[first:])
        return sum(self.right[first:]) / answers if answers >= LEAST_SUPPORT else None

    def threshold(self, precision: float) -> float | None:
        """The lowest bin edge with at least this precision at it and at every higher one; None if there is none."""
        lowest: float | None = None
        for bin_ in range(BINS - 1, -1, -1):
            measured = self.precision(bin_ / BINS)
            if measured is None:
                continue
            if measured < precision:
                break
            lowest = bin_ / BINS
        return lowest

    def encode(self) -> str:
        """The counts as JSON, numbers exact."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def decode(cls, data: str) -> Reliability:
        """The counts out of `encode`; raises DamagedModel on anything else."""
        try:
            saved = cls(**json.loads(data))
        except (TypeError, ValueError) as error:
            raise DamagedModel(f"the saved reliability cannot be read: {error}") from error
        if not all(len(counts) == BINS for counts in (saved.answers, saved.confidences, saved.right)):
            raise DamagedModel(f"the saved reliability does not have {BINS} bins")
        return saved
