"""How events arrive: nearly in order, some minutes to days late, about one in a hundred twice."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_SECOND: Final = 1_000_000
_LATE_SHARE: Final = 0.02
_VERY_LATE_SHARE: Final = 0.002
_REPEATED_SHARE: Final = 0.01
NEVER: Final = -1


def deliveries(seed: int, stream: int, occurred_at: Integers, end: int) -> tuple[Integers, Integers]:
    """(first arrival, second arrival or NEVER) of each event; everything has arrived by `end`."""
    random = np.random.Generator(np.random.PCG64([seed, 11, stream]))
    total = len(occurred_at)
    delay = random.exponential(1.2 * _SECOND, total)
    chance = random.random(total)
    delay = np.where(chance < _LATE_SHARE, random.lognormal(7.3, 1.1, total) * _SECOND, delay)  # median 25 minutes
    delay = np.where(chance < _VERY_LATE_SHARE, random.uniform(1, 4, total) * 86_400 * _SECOND, delay)
    arrived_at = np.minimum(occurred_at + delay.astype(np.int64), end)
    again = arrived_at + (random.lognormal(5.0, 2.0, total) * _SECOND).astype(np.int64) + _SECOND
    repeated = (random.random(total) < _REPEATED_SHARE) & (again <= end)
    return arrived_at, np.where(repeated, again, NEVER)
