"""Which of a few remembered texts is this one like, and how much?

Likeness is what two texts have in common of what either has (Jaccard), each feature weighed by the square of how rare
it is. Weights are whole numbers, so likeness has the same bits everywhere. Of a long text its 256 smallest feature ids
stand for all of them: ids are hashes, so that is a sample, and two samples are compared up to where both are whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.learners.features import Ids

LONGEST_SKETCH: Final = 256
_CANDIDATES: Final = 3
# Who shares less of the plain features is not compared by weight.
_LEAST_SHARED: Final = 0.3
_HEAD_SHIFT: Final = np.uint32(16)
_HEADS: Final = 1 << 16

Weights = NDArray[np.int64]
Weigh = Callable[[Ids], Weights]


def sketch_of(ids: Ids) -> Ids:
    """What is remembered of a text, given its distinct ascending feature ids."""
    return ids[:LONGEST_SKETCH]


class LikeTexts:
    """Remembered sketches, made ready for asking.

    >>> from processors.learners.features import feature_ids
    >>> texts = ["the export stops at row nine", "two invoices for one month"]
    >>> like = LikeTexts([sketch_of(feature_ids(text)) for text in texts])
    >>> even = lambda ids: np.ones(len(ids), dtype=np.int64)
    >>> like.nearest(feature_ids("our export stops at row nine"), even, 0.4)[0]
    0
    >>> like.nearest(feature_ids("who may invite a colleague"), even, 0.4) is None
    True
    """

    def __init__(self, sketches: Sequence[Ids]) -> None:
        self._sketches = tuple(sketches)
        self._lengths = np.array([len(sketch) for sketch in sketches], dtype=np.int64)
        filled = [sketch for sketch in sketches if len(sketch)]
        # By the upper half of an id it is told quickly whom a text shares anything with: the owners of each, one after
        # the other, and where those of each begin.
        heads = (np.concatenate(filled) if filled else np.empty(0, dtype=np.uint32)) >> _HEAD_SHIFT
        self._owners = np.repeat(np.arange(len(sketches)), self._lengths)[heads.argsort(kind="stable")]
        self._starts = np.concatenate([[0], np.bincount(heads, minlength=_HEADS).cumsum()])

    def nearest(self, ids: Ids, weigh: Weigh, least: float) -> tuple[int, float] | None:
        """The place of the likest text and its likeness, if it is at least `least`; of equals the later one."""
        own = sketch_of(ids)
        if not len(own) or not len(self._owners):
            return None
        shared = self._shared(own)
        shares = shared / (self._lengths + len(own) - shared).clip(1)
        near = (shares >= _LEAST_SHARED).nonzero()[0]
        places = near[shares.take(near).argsort(kind="stable")[::-1][:_CANDIDATES]].tolist()
        if not places:
            return None
        sketches = [own, *[self._sketches[place] for place in places]]
        # All at once: to be weighed costs more than to be compared.
        weighed = np.split(weigh(np.concatenate(sketches)), np.cumsum([len(sketch) for sketch in sketches[:-1]]))
        best: tuple[int, float] | None = None
        for place, sketch, weights in zip(places, sketches[1:], weighed[1:], strict=True):
            likeness = _likeness((own, weighed[0]), (sketch, weights))
            if likeness >= least and (best is None or (likeness, place) > (best[1], best[0])):
                best = place, likeness
        return best

    def _shared(self, own: Ids) -> NDArray[np.int64]:
        """How many features of each text look like one of these by their upper halves."""
        heads = own >> _HEAD_SHIFT
        heads = heads[np.concatenate([[True], heads[1:] != heads[:-1]])]
        starts = self._starts.take(heads)
        counts = self._starts.take(heads + 1) - starts
        places = np.arange(counts.sum()) + (starts - (counts.cumsum() - counts)).repeat(counts)
        return np.bincount(self._owners.take(places), minlength=len(self._sketches))


def likeness_of(first: Ids, second: Ids, weigh: Weigh) -> float:
    """How alike two texts are, from 0 to 1, given what is remembered of them."""
    return _likeness((first, weigh(first)), (second, weigh(second)))


def _likeness(one: tuple[Ids, Weights], other: tuple[Ids, Weights]) -> float:
    (first, weights), (second, others) = one, other
    whole = [int(sketch[-1]) for sketch in (first, second) if len(sketch) == LONGEST_SKETCH]
    if whole:
        least = min(whole)
        weights, others = weights[first <= least], others[second <= least]
        first, second = first[first <= least], second[second <= least]
    if not len(first) or not len(second):
        return 0.0
    places = first.searchsorted(second)
    common = first.take(places, mode="clip") == second
    both = int(weights.take(places[common]).sum())
    either = int(weights.sum()) + int(others.sum()) - both
    return both / either if either else 0.0
