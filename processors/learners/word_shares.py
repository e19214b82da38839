"""How much does each word of a text speak for a label? The quick way, in one pass over the text's features."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, float64, int64, uint32, vector
from processors.learners.elementary import Floats
from processors.learners.features import Ids
from processors.learners.passage import Passage
from processors.learners.text_softmax import TextSoftmax
from processors.learners.text_state import Label

Numbers = NDArray[np.int64]

_OWNER_BITS: Final = 10  # more than there are words in a text
_OWNERS: Final = (1 << _OWNER_BITS) - 1


class WordShares(NamedTuple):
    """A label's logit as `bias`, what the meaning adds, and what each distinct word adds, in order of appearance.

    A feature that lies in several words is shared evenly among them. The amounts sum to the logit but for rounding.
    """

    bias: float
    meaning: float
    words: tuple[str, ...]
    amounts: tuple[float, ...]


def word_shares(model: TextSoftmax, asked: str | Passage, label: Label) -> WordShares:
    """What a text's words and its meaning say about a label that was learned. Raises ValueError for another."""
    evidence = model.evidence(asked, label)
    features = evidence.features
    words = tuple(dict.fromkeys(features.words))
    if not words or not len(evidence.ids):
        return WordShares(evidence.bias, evidence.meaning, words, (0.0,) * len(words))
    number = {word: place for place, word in enumerate(words)}
    said = np.array([number[word] for word in features.words])
    owned = _owned(features.spoken, features.lengths, said)
    owned.sort()
    amounts = tuple(_shared_out(owned, evidence.ids, evidence.amounts, len(words)).tolist())
    return WordShares(evidence.bias, evidence.meaning, words, amounts)


@compiled(vector(uint32), vector(int64), vector(int64))
def _owned(spoken: Ids, lengths: Numbers, said: Numbers) -> Numbers:
    """Each feature id over the number of a word that it lies in; some come more than once.

    `spoken` and `lengths` are those of the features, `said` the number of each word; a pair lies in the words before
    and after it.
    """
    words = len(said)
    pairs = len(spoken) - words - 1
    owned = np.empty(pairs + 2 * words, dtype=np.int64)
    end = 0
    for word in range(words):
        for at in range(end, end + lengths[word]):
            owned[at] = (np.int64(spoken[at]) << _OWNER_BITS) | said[word]
        end += lengths[word]
    for at in range(words):
        owned[end] = (np.int64(spoken[pairs + at]) << _OWNER_BITS) | said[at]
        owned[end + 1] = (np.int64(spoken[pairs + at + 1]) << _OWNER_BITS) | said[at]
        end += 2
    return owned


@compiled(vector(int64), vector(uint32), vector(float64), int64)
def _shared_out(owned: Numbers, ids: Ids, amounts: Floats, words: int) -> Floats:
    """What each word adds, given ascending `_owned` and the amounts of known ids, ascending: added in this order."""
    shares = np.zeros(words)
    start = known = 0
    while start < len(owned) and known < len(ids):
        feature = owned[start] >> _OWNER_BITS
        end, owners = start, 0
        while end < len(owned) and owned[end] >> _OWNER_BITS == feature:
            if end == start or owned[end] != owned[end - 1]:
                owners += 1
            end += 1
        if feature == ids[known]:
            for at in range(start, end):
                if at == start or owned[at] != owned[at - 1]:
                    shares[owned[at] & _OWNERS] += amounts[known] / owners
            known += 1
        start = end
    return shares
