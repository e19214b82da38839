"""Which of these texts are about the same thing? Groups of them, each with the words that tell it from the others.

Two texts are as alike as the cosine of their features, each weighed by how rare it is among these texts; groups whose
texts are alike on average are joined, the likest first (average linkage). Likeness is in whole numbers, so the same
texts make the same groups on any machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.elementary import log
from processors.learners.features import feature_ids, feature_weights, words_of
from processors.learners.like_texts import sketch_of

# Measured on public questions to an assistant, of which some intents were never taught: five in six texts of a group
# ask the same, and three in five texts are in a group.
ALIKE: Final = 0.18
FEWEST: Final = 4  # texts of a group
MOST_WORDS: Final = 5
# A text's features have this length: products of two are whole numbers that single precision holds exactly, in
# whichever order they are added.
_LENGTH: Final = 1_024.0
_SHORTEST_WORD: Final = 3


class Group(NamedTuple):
    """Places of texts, the most typical first, and words that more of them have than of the others."""

    places: tuple[int, ...]
    words: tuple[str, ...]


def groups_of(texts: Sequence[str], fewest: int = FEWEST) -> list[Group]:
    """The groups of at least so many texts, the largest first; what is like nothing else is in none.

    >>> parcel = ["where is my parcel", "my parcel has not come", "has the parcel come", "parcel not come"]
    >>> sign_in = ["I cannot sign in", "sign in fails", "why can I not sign in", "sign in does not work"]
    >>> [(group.places, group.words[0]) for group in groups_of([*parcel, "thanks", *sign_in])]
    [((1, 2, 3, 0), 'parcel'), ((7, 8, 5, 6), 'sign')]
    """
    if not texts:
        return []
    alike = _likeness(texts)
    words = [frozenset(word for word in words_of(text) if len(word) >= _SHORTEST_WORD) for text in texts]
    spread = Counter([word for own in words for word in sorted(own)])
    groups = [_typical_first(alike, places) for places in _joined(alike) if len(places) >= fewest]
    groups.sort(key=lambda places: (-len(places), min(places)))
    return [Group(tuple(places), _telling(places, words, spread)) for places in groups]


def _likeness(texts: Sequence[str]) -> NDArray[np.float64]:
    """How alike each two texts are: whole numbers from 0 to about `_LENGTH` squared, and the same on both sides."""
    own = [sketch_of(feature_ids(text)) for text in texts]
    ids, columns, counts = np.unique(np.concatenate(own), return_inverse=True, return_counts=True)
    # What only one text has says nothing of two.
    rarity = {count: log((len(texts) + 1) / (count + 1)) for count in dict.fromkeys(counts.tolist())}
    weights = feature_weights(ids) * np.array([rarity[count] for count in counts.tolist()]) * (counts > 1)
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in own])
    lengths = np.sqrt(np.bincount(rows, weights[columns] ** 2, minlength=len(texts)))
    shared = np.flatnonzero(counts > 1)
    places = np.cumsum(counts > 1) - 1
    is_shared = (counts > 1)[columns]
    table = np.zeros((len(texts), len(shared)), dtype=np.float32)
    scaled = np.rint(_LENGTH * weights[columns] / np.where(lengths > 0.0, lengths, 1.0)[rows])
    table[rows[is_shared], places[columns[is_shared]]] = scaled[is_shared]
    return np.asarray(table @ table.T, dtype=np.float64)


def _joined(alike: NDArray[np.float64]) -> list[list[int]]:
    """Groups by average linkage: the two likest are joined until no two are alike enough."""
    places = [[place] for place in range(len(alike))]
    sums, means = alike.copy(), alike.copy()
    sizes = np.ones(len(alike))
    np.fill_diagonal(means, -1.0)
    while True:
        first, second = divmod(int(means.argmax()), len(means))
        if means[first, second] < ALIKE * _LENGTH * _LENGTH:
            return [group for group in places if group]
        first, second = min(first, second), max(first, second)
        places[first] += places[second]
        places[second] = []
        sizes[first] += sizes[second]
        sums[first] += sums[second]
        sums[:, first] = sums[first]
        is_gone = means[first] < 0.0
        is_gone[second] = True
        means[first] = np.where(is_gone, -1.0, sums[first] / (sizes[first] * sizes))
        means[:, first] = means[first]
        means[second] = means[:, second] = -1.0


def _typical_first(alike: NDArray[np.float64], places: Sequence[int]) -> list[int]:
    own = sorted(places)
    near = alike[np.ix_(own, own)].sum(axis=1)
    return [own[place] for place in np.argsort(-near, kind="stable").tolist()]


def _telling(places: Sequence[int], words: Sequence[frozenset[str]], spread: Counter[str]) -> tuple[str, ...]:
    """The words whose share within lies furthest above their share without, rare ones first."""
    within = Counter([word for place in places for word in sorted(words[place])])
    others = max(len(words) - len(places), 1)
    gaps: dict[str, float] = {}
    for word, count in within.items():
        gap = count / len(places) - (spread[word] - count) / others
        if count > 1 and gap > 0.0:
            gaps[word] = gap * log((len(words) + 1) / spread[word])
    return tuple(sorted(gaps, key=lambda word: (-gaps[word], word))[:MOST_WORDS])
