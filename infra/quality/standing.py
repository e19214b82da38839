"""How does one contestant do on one task, and which curves are drawn of it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processors.learners.calibration import Reliability

PRECISION = 0.95  # of what is answered, where the rest is left to people

Answers = Sequence[tuple[float, bool]]
"""Answers with known truth: how sure, and whether right."""


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard.

    `accuracy`, `calibration_error` and `answered` (the largest share that can be answered at a precision of 0.95, the
    surest first) are of the test file; `texts_per_second` of one core counts learning and answering.
    """

    task: str
    contestant: str
    accuracy: float
    calibration_error: float
    answered: float
    texts_per_second: float
    megabytes: float


@dataclass(frozen=True)
class Chart:
    """Lines over a common axis, each a name with its points in order of x."""

    title: str
    across: str
    up: str
    lines: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]


def standing(
    task: str, contestant: str, answers: Answers, *, texts_per_second: float, megabytes: float = float("nan")
) -> Standing:
    """The line of a contestant that gave these answers."""
    accuracy = sum(right for _, right in answers) / len(answers)
    error = reliability_of(answers).expected_error
    return Standing(task, contestant, accuracy, error, answered_at(answers), texts_per_second, megabytes)


def answered_at(answers: Answers, precision: float = PRECISION) -> float:
    """The largest share of answers, the surest first, that is right this often."""
    most = 0
    for count, (_, share_right) in enumerate(_surest_first(answers), start=1):
        if share_right >= precision:
            most = count
    return most / len(answers)


def precision_curve(answers: Answers, points: int = 50) -> tuple[tuple[float, float], ...]:
    """(share answered, share of it that is right), the surest first."""
    steps = _surest_first(answers)
    every = max(len(steps) // points, 1)
    return tuple((count / len(steps), right) for count, (_, right) in enumerate(steps, start=1) if count % every == 0)


def reliability_of(answers: Answers) -> Reliability:
    """The answers by how sure they were."""
    reliability = Reliability()
    for confidence, right in answers:
        reliability.update(min(max(confidence, 0.0), 1.0), right)
    return reliability


def reliability_curve(answers: Answers) -> tuple[tuple[float, float], ...]:
    """(mean confidence, share right) of each band that has at least ten answers."""
    bands = reliability_of(answers)
    return tuple(
        (confidence / count, right / count)
        for count, confidence, right in zip(bands.answers, bands.confidences, bands.right, strict=True)
        if count >= 10
    )


def _surest_first(answers: Answers) -> list[tuple[float, float]]:
    """(how sure, share right of those at least as sure) of each answer."""
    found, right = [], 0
    for count, (confidence, is_right) in enumerate(sorted(answers, key=lambda one: -one[0]), start=1):
        right += is_right
        found.append((confidence, right / count))
    return found
