"""How bad is an answer by its score?"""

from __future__ import annotations

from typing import Final

from schemas.feedback import SCALE_BOUNDS, FeedbackGiven

# Of a scale's span from its lowest answer: what lies in the first fifth is severe, up to the middle mild.
_SEVERE_UP_TO: Final = 20
_MILD_BELOW: Final = 50


def severity_of(said: FeedbackGiven) -> str | None:
    """How bad an answer is by its score on its own scale: severe, mild or none; None without a score."""
    if said.scale is None or said.score is None:
        return None
    low, high = SCALE_BOUNDS[said.scale]
    percent = 100 * (said.score - low) / (high - low)
    return "severe" if percent <= _SEVERE_UP_TO else "mild" if percent < _MILD_BELOW else "none"
