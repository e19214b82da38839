"""How much does each word of a text speak for a label? The quick way, in one pass over the text's features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.features import MOST_WORDS, Features, owned_ids
from processors.learners.text_softmax import TextSoftmax
from processors.learners.text_state import Label

Numbers = NDArray[np.int64]

_OWNER_BITS: Final = MOST_WORDS.bit_length()
_OWNERS: Final = (1 << _OWNER_BITS) - 1


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
    features = evidence.features
    words = tuple(dict.fromkeys(features.words))
    if not words or not len(evidence.ids):
        return WordShares(evidence.bias, words, (0.0,) * len(words))
    counts, owners = _owners(features, words)
    amounts = np.zeros(len(features.ids))
    amounts[features.ids.searchsorted(evidence.ids)] = evidence.amounts
    # `bincount` adds from first to last, so equal models give equal bits.
    shares = np.bincount(owners, weights=(amounts / counts).repeat(counts), minlength=len(words))
    return WordShares(evidence.bias, words, tuple(shares.tolist()))


def _owners(features: Features, words: Sequence[str]) -> tuple[Numbers, Numbers]:
    """In how many words each of a text's ids lies, and the numbers of those words, id after id, ascending."""
    ids, owners = owned_ids(features, words)
    pairs = (ids.astype(np.int64) << _OWNER_BITS) | owners
    pairs.sort()
    pairs = pairs[_is_new(pairs)]
    starts = _is_new(pairs >> _OWNER_BITS).nonzero()[0]
    counts = np.empty(len(starts), dtype=np.int64)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1] = len(pairs) - starts[-1]
    return counts, pairs & _OWNERS


def _is_new(ascending: Numbers) -> NDArray[np.bool_]:
    """Which of these numbers, at least one, are not equal to the one before."""
    new = np.empty(len(ascending), dtype=np.bool_)
    new[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=new[1:])
    return new
