"""How good are probabilities of what then happens or does not? Ranking, squared error and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from statistics import fmean

from processors.learners.calibration import BINS

Answers = Sequence[tuple[float, bool]]


def area(answers: Answers) -> float:
    """Under the ROC curve: the chance that one that happened was given a higher probability; a tie counts half."""
    below = wins = 0.0
    for _, tied in groupby(sorted(answers), key=itemgetter(0)):
        happened = [happened for _, happened in tied]
        not_ = len(happened) - sum(happened)
        wins += sum(happened) * (below + not_ / 2)
        below += not_
    both = below * (len(answers) - below)
    return wins / both if both else 0.5


def brier(answers: Answers) -> float:
    """The mean squared error of the probability."""
    return fmean((chance - happened) ** 2 for chance, happened in answers)


def calibration_error(answers: Answers) -> float:
    """The mean distance of probability and rate, over equal bins of probability."""
    distances = [0.0] * BINS
    for chance, happened in answers:
        distances[min(int(chance * BINS), BINS - 1)] += chance - happened
    return sum(abs(distance) for distance in distances) / len(answers)
