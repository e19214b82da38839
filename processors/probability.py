"""Log-odds and probabilities, with the same bits on every machine."""

from __future__ import annotations

from collections.abc import Sequence

from processors.learners.elementary import exp, log
from schemas.explanation import Term

_LEAST = 1e-6


def logistic(log_odds: float) -> float:
    """The probability at these log-odds."""
    return 1.0 / (1.0 + exp(-log_odds))


def log_odds(probability: float) -> float:
    """The log-odds of a probability strictly between 0 and 1."""
    return log(probability / (1.0 - probability))


def log_loss(probability: float) -> float:
    """What it costs to have given this probability to what then happened; never more than about 14."""
    return -log(max(_LEAST, probability))


def shown_terms(terms: Sequence[Term], most: int) -> tuple[Term, ...]:
    """The largest terms and the rest in one: they sum to what all of them sum to."""
    # Sorting keeps the order of equals.
    sizes = [-abs(term.amount) for term in terms]
    order = sorted(range(len(terms)), key=sizes.__getitem__)
    shown = [terms[place] for place in order[:most]]
    hidden = [terms[place] for place in sorted(order[most:])]
    if hidden:
        shown.append(Term(f"{len(hidden)} smaller reasons", sum(term.amount for term in hidden)))
    return tuple(shown)


def total_of(terms: Sequence[Term]) -> float:
    """The sum of the terms' amounts, added from first to last."""
    return sum((term.amount for term in terms), 0.0)
