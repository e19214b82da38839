"""How much does each word of a text speak for a label? The quick way, in one pass over the text's features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processors.learners.features import owned_ids
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
    evidence = model.evidence(text, label)
    words = tuple(dict.fromkeys(evidence.features.words))
    known, amounts = evidence.ids, evidence.amounts
    if not words or not len(known):
        return WordShares(evidence.bias, words, (0.0,) * len(words))
    ids, owners = owned_ids(evidence.features, words)
    place = known.searchsorted(ids)
    found = known.take(place, mode="clip") == ids
    lies_in = np.zeros((len(known), len(words)), dtype=np.bool_)
    lies_in[place[found], owners[found]] = True
    place, owner = lies_in.nonzero()
    amounts = amounts / lies_in.sum(axis=1)
    # `bincount` adds from first to last, so equal models give equal bits.
    shares = np.bincount(owner, weights=amounts.take(place), minlength=len(words))
    return WordShares(evidence.bias, words, tuple(shares.tolist()))
