"""Where do a tenth, half and nine tenths of a stream of whole numbers lie, lately?"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

import msgspec

_BINS = 128
_MOST_COUNTED = 1_000  # then all counts are halved, so that old numbers fade


class Spread(msgspec.Struct, array_like=True, gc=False):
    """Counts of numbers in bins of equal width from `least` on; those beyond either end count in its bin.

    Examples
    --------
    >>> from processors.learners.spread import Spread
    >>> spread = Spread(least=-64, width=1)
    >>> for number in list(range(-10, 11)) * 9:
    ...     spread.note(number)
    >>> spread.shares()
    (-8, 0, 8)
    """

    least: int = 0
    width: int = 1
    counts: list[int] = msgspec.field(default_factory=lambda: [0] * _BINS)
    n: int = 0

    def note(self, number: int) -> None:
        """Counts one number."""
        self.counts[min(_BINS - 1, max(0, (number - self.least) // self.width))] += 1
        self.n += 1
        if self.n >= _MOST_COUNTED:
            self.counts = [count // 2 for count in self.counts]
            self.n = sum(self.counts)

    def shares(self) -> tuple[int, int, int]:
        """The numbers below which a tenth, half and nine tenths of those counted lie; 0 each where none was."""
        if not self.n:
            return 0, 0, 0
        sums = list(accumulate(self.counts))
        return self._below(sums, 1), self._below(sums, 5), self._below(sums, 9)

    def half(self) -> int:
        """The number below which half of those counted lie; 0 where none was."""
        return self._below(list(accumulate(self.counts)), 5) if self.n else 0

    def _below(self, sums: list[int], tenths: int) -> int:
        wanted = self.n * tenths
        place = bisect_left(sums, -(-wanted // 10))
        count = self.counts[place]
        # Evenly spread within a bin: the part of it that is needed.
        return self.least + self.width * place + self.width * (wanted - 10 * (sums[place] - count)) // (10 * count)
