"""Where does the entry of this id lie? A compact map from many ids to many numbers at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
Values = NDArray[np.int32]

SMALLEST = 64  # slots
_SPREAD = np.uint32(0x9E3779B1)
_ONE = np.uint32(1)


class IdTable:
    """Open addressing with linear probing over two arrays: 8 bytes a slot, at most half of the slots in use.

    Ids are 32-bit and never 0; values are never 0, which stands for "not here". Entries are never removed one by one:
    the owner builds a new table. The layout depends on history, the answers do not.
    """

    def __init__(self, entries: int = 0) -> None:
        slots = SMALLEST
        while slots < 2 * entries:
            slots *= 2
        self._ids = np.zeros(slots, dtype=np.uint32)
        self._values = np.zeros(slots, dtype=np.int32)
        self._shift = np.uint32(32 - (slots.bit_length() - 1))
        self._mask = np.uint32(slots - 1)
        self.entries = 0

    @property
    def size_bytes(self) -> int:
        return self._ids.nbytes + self._values.nbytes

    def get(self, ids: Ids) -> Values:
        """The value of each id, 0 where there is none."""
        slots = (ids * _SPREAD) >> self._shift
        found = self._ids.take(slots)
        values = self._values.take(slots)
        open_ = np.flatnonzero((found != ids) & (found != 0))
        if len(open_) == 0:
            values[found == 0] = 0
            return values
        values[found != ids] = 0
        while len(open_):
            slots[open_] = (slots[open_] + _ONE) & self._mask
            at = slots[open_]
            found = self._ids.take(at)
            hit = found == ids[open_]
            values[open_[hit]] = self._values.take(at[hit])
            open_ = open_[~hit & (found != 0)]
        return values

    def put(self, ids: Ids, values: Values) -> None:
        """Sets the value of each id; ids must be distinct, values must not be 0."""
        if 2 * (self.entries + len(ids)) > len(self._ids):
            self._grow(self.entries + len(ids))
        slots = (ids * _SPREAD) >> self._shift
        pending = np.arange(len(ids))
        while len(pending):
            at = slots[pending]
            free = self._ids.take(at) == 0
            # Several ids may claim one free slot: the last written has it, the others go on to the next slot.
            self._ids[at[free]] = ids[pending[free]]
            self.entries += len(np.unique(at[free]))
            placed = self._ids.take(at) == ids[pending]
            self._values[at[placed]] = values[pending[placed]]
            pending = pending[~placed]
            slots[pending] = (slots[pending] + _ONE) & self._mask

    def _grow(self, entries: int) -> None:
        used = np.flatnonzero(self._ids)
        ids, values = self._ids[used], self._values[used]
        larger = IdTable(max(entries, len(self._ids)))
        larger.put(ids, values)
        self.__dict__.update(larger.__dict__)
