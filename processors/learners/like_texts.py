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
        # By the upper half of an id it is told quickly whom a text shares anything with.
        self._heads = (np.concatenate(filled) if filled else np.empty(0, dtype=np.uint32)) >> _HEAD_SHIFT
        self._owners = np.repeat(np.arange(len(sketches)), self._lengths)

    def nearest(self, ids: Ids, weigh: Weigh, least: float) -> tuple[int, float] | None:
        """The place of the likest text and its likeness, if it is at least `least`; of equals the later one."""
        own = sketch_of(ids)
        if not len(own) or not len(self._heads):
            return None
        has = np.zeros(1 << 16, dtype=np.bool_)
        has[own >> _HEAD_SHIFT] = True
        shared = np.bincount(self._owners[has.take(self._heads)], minlength=len(self._sketches))
        shares = shared / (self._lengths + len(own) - shared).clip(1)
        near = (shares >= _LEAST_SHARED).nonzero()[0]
        best: tuple[int, float] | None = None
        for place in near[shares.take(near).argsort(kind="stable")[::-1][:_CANDIDATES]].tolist():
            likeness = likeness_of(own, self._sketches[place], weigh)
            if likeness >= least and (best is None or (likeness, place) > (best[1], best[0])):
                best = place, likeness
        return best


def likeness_of(first: Ids, second: Ids, weigh: Weigh) -> float:
    """How alike two texts are, from 0 to 1, given what is remembered of them."""
    whole = [int(sketch[-1]) for sketch in (first, second) if len(sketch) == LONGEST_SKETCH]
    if whole:
        first, second = (sketch[sketch <= min(whole)] for sketch in (first, second))
    if not len(first) or not len(second):
        return 0.0
    places = first.searchsorted(second)
    common = first.take(places, mode="clip") == second
    weights, others = weigh(first), weigh(second)
    both = int(weights.take(places[common]).sum())
    either = int(weights.sum()) + int(others.sum()) - both
    return both / either if either else 0.0
