"""The category by the tenant's own hint words: the answer before its model has learned enough."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from processors.learners.elementary import exp
from processors.word_beginnings import Beginnings
from schemas.explanation import Term

# Log-odds that one hint word adds to its category.
_PER_HINT = 2.0
_TAXONOMIES_KEPT: Final = 256

Taxonomy = Mapping[str, tuple[str, ...]]


class Guess(NamedTuple):
    """The best category of a text by hint words; empty where none is hinted at."""

    category: str
    probability: float
    candidates: tuple[tuple[str, float], ...]
    terms: tuple[Term, ...]


NOTHING = Guess("", 0.0, (), ())


class _Hints(NamedTuple):
    """A taxonomy made ready: its categories as written and by name, and per hint the category it speaks for."""

    taxonomy: Taxonomy
    categories: tuple[str, ...]
    by_name: tuple[str, ...]
    owners: tuple[str, ...]
    hints: tuple[str, ...]
    beginnings: Beginnings


def guess(text: str, taxonomy: Taxonomy) -> Guess:
    """Weighs categories by how many of their hint words begin a word of the text."""
    if not taxonomy:
        return NOTHING
    made = _hints(taxonomy)
    found = made.beginnings.found_in(text.lower().split())
    if not found:
        return NOTHING
    hits = dict.fromkeys(made.categories, 0)
    for place in found:
        hits[made.owners[place]] += 1
    most = max(hits.values())
    weights = {category: _weight(most - count) for category, count in hits.items()}
    total = 0.0
    for weight in weights.values():
        total += weight
    # Of equals the one first by name: sorting keeps their order.
    order = sorted(made.by_name, key=hits.__getitem__, reverse=True)
    best = order[0]
    candidates = tuple([(category, weights[category] / total) for category in order[:3]])
    terms = tuple([Term(f"“{made.hints[place]}”", _PER_HINT) for place in found if made.owners[place] == best])
    return Guess(best, candidates[0][1], candidates, terms)


@lru_cache(maxsize=1_024)
def _weight(behind: int) -> float:
    return exp(-_PER_HINT * behind)


# Only a speed-up: by identity, because hashing all of a taxonomy costs more than looking a text through. The taxonomy
# is held beside what was made of it, so that its identity cannot be given to another.
_made: Final[OrderedDict[int, _Hints]] = OrderedDict()


def _hints(taxonomy: Taxonomy) -> _Hints:
    held = _made.get(id(taxonomy))
    if held is not None and held.taxonomy is taxonomy:
        return held
    pairs = [(category, hint) for category, hints in taxonomy.items() for hint in hints]
    made = _Hints(
        taxonomy,
        tuple(taxonomy),
        tuple(sorted(taxonomy)),
        tuple([category for category, _ in pairs]),
        tuple([hint for _, hint in pairs]),
        Beginnings([hint.lower() for _, hint in pairs]),
    )
    _made[id(taxonomy)] = made
    if len(_made) > _TAXONOMIES_KEPT:
        _made.popitem(last=False)
    return made
