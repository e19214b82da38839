"""How much does each word of a text speak for a label? The quick way, in one pass over the text's features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processors.learners.features import word_feature_ids, words_of
from processors.learners.text_softmax import TextSoftmax
from processors.learners.text_state import Label


class WordShares(NamedTuple):
    """A label's logit as `bias` and what each distinct word adds, in order of appearance.

    A feature that lies in several words is shared evenly among them. The amounts sum to the logit but for rounding.
    """

    bias: float
    words: tuple[str, ...]
    amounts: tuple[float, ...]


def word_shares(model: TextSoftmax, text: str, label: Label) -> WordShares:
    """What the words of a text say about a label that the model has learned. Raises ValueError for another."""
    words = tuple(dict.fromkeys(words_of(text)))
    bias, known, amounts = model.evidence(text, label)
    if not words or not len(known):
        return WordShares(bias, words, (0.0,) * len(words))
    pairs = word_feature_ids(text, words)
    place = np.searchsorted(known, pairs.ids)
    place[place == len(known)] = 0
    found = known[place] == pairs.ids
    place, owner = place[found], pairs.owners[found]
    shared_by = np.bincount(place, minlength=len(known))
    # `bincount` adds from first to last, so equal models give equal bits.
    shares = np.bincount(owner, weights=amounts[place] / shared_by[place], minlength=len(words))
    return WordShares(bias, words, tuple(shares.tolist()))
