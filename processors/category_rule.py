"""The category by the tenant's own hint words: the answer before its model has learned enough."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from processors.learners.elementary import exp
from schemas.explanation import Term

# Log-odds that one hint word adds to its category.
_PER_HINT = 2.0


class Guess(NamedTuple):
    """The best category of a text by hint words; empty where none is hinted at."""

    category: str
    probability: float
    candidates: tuple[tuple[str, float], ...]
    terms: tuple[Term, ...]


NOTHING = Guess("", 0.0, (), ())


@lru_cache(maxsize=1_024)
def _beginnings(
    taxonomy: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Each category's hints with what is looked for: the beginning of a word."""
    return tuple((category, tuple((hint, f" {hint.lower()}") for hint in hints)) for category, hints in taxonomy)


def guess(text: str, taxonomy: Mapping[str, tuple[str, ...]]) -> Guess:
    """Weighs categories by how many of their hint words begin a word of the text."""
    words = f" {' '.join(text.lower().split())}"
    hits = {
        category: [hint for hint, beginning in hints if beginning in words]
        for category, hints in _beginnings(tuple(taxonomy.items()))
    }
    most = max(map(len, hits.values()), default=0)
    if not most:
        return NOTHING
    weights = {category: exp(_PER_HINT * (len(found) - most)) for category, found in hits.items()}
    total = sum(weights.values())
    order = sorted(weights, key=lambda category: (-weights[category], category))
    candidates = tuple((category, weights[category] / total) for category in order[:3])
    best = order[0]
    terms = tuple(Term(f"“{hint}”", _PER_HINT) for hint in hits[best])
    return Guess(best, candidates[0][1], candidates, terms)
