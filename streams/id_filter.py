"""Is this id certainly not among the sorted runs?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from streams.id_runs import Prefixes

_SMALLEST_BITS = 20  # 128 KB
_LARGEST_BITS = 31  # one bit for two prefixes: 256 MB, never reached below a hundred million ids
_BITS_PER_ID = 16  # at least; doubled in growth, so 3 to 6 in 100 new ids are looked for in vain


class IdFilter:
    """A bitmap over the leading bits of uniform 32-bit prefixes: false positives, never a false negative.

    It only grows: what was dropped keeps its bits until `rebuild`, which the owner calls when much was dropped.
    """

    def __init__(self) -> None:
        self.rebuild([])

    @property
    def has_room(self) -> bool:
        """Whether it still answers as rarely wrong as promised; if not, rebuild."""
        return self._size * _BITS_PER_ID <= 8 * len(self._bits) or self._shift == 32 - _LARGEST_BITS

    def rebuild(self, parts: Iterable[Prefixes]) -> None:
        """Begin anew with these prefixes and room for as many again."""
        held = list(parts)
        wanted = 2 * _BITS_PER_ID * sum(len(part) for part in held)
        exponent = min(max(wanted.bit_length(), _SMALLEST_BITS), _LARGEST_BITS)
        self._shift = 32 - exponent
        self._bits: NDArray[np.uint8] = np.zeros(1 << (exponent - 3), dtype=np.uint8)
        self._size = 0
        for part in held:
            self.add(part)

    def add(self, prefixes: Prefixes) -> None:
        """Remember prefixes."""
        slots = prefixes >> np.uint32(self._shift)
        np.bitwise_or.at(self._bits, slots >> np.uint32(3), _bit(slots))
        self._size += len(prefixes)

    def possible(self, prefixes: Prefixes) -> NDArray[np.intp]:
        """Return, ascending, the indices of the prefixes that may have been added."""
        slots = prefixes >> np.uint32(self._shift)
        return np.flatnonzero(self._bits[slots >> np.uint32(3)] & _bit(slots))


def _bit(slots: Prefixes) -> NDArray[np.uint8]:
    return np.left_shift(np.uint8(1), (slots & np.uint32(7)).astype(np.uint8))
