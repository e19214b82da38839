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
    shown, rest = _parted([term.amount for term in terms], most)
    return (*[terms[place] for place in shown], *rest)


def shown_amounts(
    labels: Sequence[str], amounts: Sequence[float], event_ids: tuple[str, ...], most: int
) -> tuple[Term, ...]:
    """The same of amounts that the same events are behind: terms are made of those that are shown only."""
    shown, rest = _parted(amounts, most)
    return (*[Term(labels[place], amounts[place], event_ids) for place in shown], *rest)


def _parted(amounts: Sequence[float], most: int) -> tuple[list[int], tuple[Term, ...]]:
    """Places of the largest amounts, largest first, and what all others come to."""
    # Sorting keeps the order of equals.
    sizes = [-abs(amount) for amount in amounts]
    order = sorted(range(len(amounts)), key=sizes.__getitem__)
    if len(order) <= most:
        return order, ()
    hidden = sorted(order[most:])
    return order[:most], (Term(f"{len(hidden)} smaller reasons", added([amounts[place] for place in hidden])),)


def total_of(terms: Sequence[Term]) -> float:
    """The sum of the terms' amounts, added from first to last."""
    return added([term.amount for term in terms])


def added(amounts: Sequence[float]) -> float:
    """The sum, added from first to last: what `sum` makes of floats differs between versions of Python."""
    total = 0.0
    for amount in amounts:
        total += amount
    return total
