"""How does a vector become the direction that a record keeps?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.meaning import Meaning

FULL: Final = 127  # what the largest value of a direction is scaled to
_SCALES: Final = 1 << 20  # vectors are brought to whole numbers this fine first, and their direction is exact


def direction(model: str, vector: Sequence[float]) -> Meaning | None:
    """The direction of a model's vector; None for one that points nowhere. Raises ValueError for NaN or infinity.

    >>> direction("words", [0.5, -1.0])
    Meaning(model='words', values=b'@\\x81')
    """
    values = np.asarray(vector, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"the vector of {model} holds NaN or infinity")
    largest = np.abs(values).max(initial=0.0)
    return None if largest == 0.0 else whole_direction(model, np.rint(values / largest * _SCALES).astype(np.int64))


def whole_direction(model: str, values: NDArray[np.int64]) -> Meaning | None:
    """The same of whole numbers (below 2^54), halves rounded up."""
    largest = int(np.abs(values).max(initial=0))
    if not largest:
        return None
    return Meaning(model, ((2 * FULL * values + largest) // (2 * largest)).astype(np.int8).tobytes())
