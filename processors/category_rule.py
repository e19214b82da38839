"""The category by the tenant's own hint words and the shared prior: the answer before its model has learned enough."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from processors.learners.elementary import softmax
from processors.learners.features import feature_ids
from processors.learners.shared_prior import shared_prior
from processors.word_beginnings import Beginnings
from schemas.explanation import Term

# Log-odds that one hint word adds to its category.
_PER_HINT = 2.0
_TAXONOMIES_KEPT: Final = 256
_GUESSES_KEPT: Final = 4_096
_ELSEWHERE: Final = "what these words are about elsewhere"

Taxonomy = Mapping[str, tuple[str, ...]]


class Guess(NamedTuple):
    """The best category of a text; empty where neither a hint nor the prior says anything."""

    category: str
    probability: float
    candidates: tuple[tuple[str, float], ...]
    terms: tuple[Term, ...]


NOTHING = Guess("", 0.0, (), ())


@dataclass(frozen=True, slots=True, eq=False)
class _Hints:
    """A taxonomy made ready: its categories by name, and per hint the category (by place) it speaks for.

    `called` are the places of categories that are called by a topic of the shared prior, each with that topic.
    """

    taxonomy: Taxonomy
    categories: tuple[str, ...]
    owners: tuple[int, ...]
    hints: tuple[str, ...]
    beginnings: Beginnings
    called: tuple[tuple[int, int], ...]


def guess(text: str, taxonomy: Taxonomy) -> Guess:
    """Adds what the prior says for each category to the log-odds of its hint words.

    A tenant that named no categories is answered with the prior's topics.
    """
    return _guess(text, _hints(taxonomy))


# A pure function of a text and what a taxonomy was made into, which never changes: a text is asked about when it comes
# and again, much later, when its label is known. About 2 KB each.
@lru_cache(maxsize=_GUESSES_KEPT)
def _guess(text: str, made: _Hints) -> Guess:
    found = made.beginnings.found_in(text.lower().split())
    said = shared_prior().logits(feature_ids(text)).tolist()
    logits = [0.0] * len(made.categories)
    says_something = bool(found)
    for place, topic in made.called:
        logits[place] = said[topic]
        says_something = says_something or said[topic] != 0.0
    if not says_something:
        return NOTHING
    for place in found:
        logits[made.owners[place]] += _PER_HINT
    chances = softmax(np.array(logits)).tolist()
    # Of equals the one first by name: sorting keeps their order.
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    best = order[0]
    candidates = tuple([(made.categories[place], chances[place]) for place in order[:3]])
    return Guess(*candidates[0], candidates, _terms(made, found, best, logits))


def _terms(made: _Hints, found: Sequence[int], best: int, logits: Sequence[float]) -> tuple[Term, ...]:
    hints = [Term(f"“{made.hints[place]}”", _PER_HINT) for place in found if made.owners[place] == best]
    prior = logits[best] - _PER_HINT * len(hints)
    return (*hints, Term(_ELSEWHERE, prior)) if prior else tuple(hints)


# Only a speed-up: by identity, because hashing all of a taxonomy costs more than looking a text through. The taxonomy
# is held beside what was made of it, so that its identity cannot be given to another.
_made: Final[OrderedDict[int, _Hints]] = OrderedDict()


def _hints(taxonomy: Taxonomy) -> _Hints:
    held = _made.get(id(taxonomy))
    if held is not None and held.taxonomy is taxonomy:
        return held
    categories = tuple(sorted(taxonomy or shared_prior().topics))
    pairs = [(place, hint) for place, category in enumerate(categories) for hint in taxonomy.get(category, ())]
    called = [(place, shared_prior().topic_of(category)) for place, category in enumerate(categories)]
    made = _Hints(
        taxonomy,
        categories,
        tuple([place for place, _ in pairs]),
        tuple([hint for _, hint in pairs]),
        Beginnings([hint.lower() for _, hint in pairs]),
        tuple([(place, topic) for place, topic in called if topic is not None]),
    )
    _made[id(taxonomy)] = made
    if len(_made) > _TAXONOMIES_KEPT:
        _made.popitem(last=False)
    return made
