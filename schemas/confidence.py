"""How far may a category be relied on?

By the share of answers this sure that were right lately: `high`, `medium` or `low`, `unmeasured` while too few are
known, and `told` where a person said it of this very ticket.
"""

from __future__ import annotations

# From which share of right answers on confidence is high, and medium.
HIGH, MEDIUM = 0.9, 0.7


def confidence_of(right_share: float | None) -> str:
    """A word for how often answers like one were right; `unmeasured` where too few are known."""
    if right_share is None:
        return "unmeasured"
    return "high" if right_share >= HIGH else "medium" if right_share >= MEDIUM else "low"


def classified_by(model: str, version: int, n: int, confidence: str, right_share: float | None) -> str:
    """On what a category rests: who answers, and how often such answers were right."""
    basis = f"{model} version {version} after {n} labels"
    if right_share is None:
        return basis
    return f"{basis}; confidence {confidence}: of answers like this, {right_share:.0%} were right lately"
