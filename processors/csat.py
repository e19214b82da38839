"""How glad is a rating, in percent of its scale?"""

from __future__ import annotations


def csat_percent(score: int, scale: int) -> int:
    """A score from 1 to `scale` (0 or 1 where the scale is 1) in percent, rounded down; beyond its ends it is at one.

    >>> [csat_percent(score, 5) for score in (0, 1, 3, 5, 99)], csat_percent(1, 1)
    ([0, 0, 50, 100, 100], 100)
    """
    if scale <= 1:
        return 100 * min(max(score, 0), 1)
    return 100 * (min(max(score, 1), scale) - 1) // (scale - 1)
