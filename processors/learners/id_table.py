"""Where does the entry of this id lie? A compact map that answers for many ids at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, int32, int64, uint32, uint64, vector

Ids = NDArray[np.uint32]
Values = NDArray[np.int32]
Slots = NDArray[np.int64]

_SMALLEST = 64  # slots
_SPREAD = np.uint64(0x9E3779B1)
_LOW_BITS = np.uint64(0xFFFFFFFF)
NOWHERE = -1


@compiled(vector(uint32), vector(int32), uint64, vector(uint32))
def _look(held: Ids, values: Values, shift: np.uint64, ids: Ids) -> tuple[Slots, Slots]:
    """(slot, value) of each id in a table whose slots hold these ids and values."""
    slots = np.full(len(ids), NOWHERE, dtype=np.int64)
    found = np.zeros(len(ids), dtype=np.int64)
    for at in range(len(ids)):
        wanted = ids[at]
        slot = np.int64(((wanted * _SPREAD) & _LOW_BITS) >> shift)
        while held[slot] != 0 and held[slot] != wanted:
            slot = (slot + 1) & (len(held) - 1)
        if held[slot] == wanted:
            slots[at], found[at] = slot, values[slot]
    return slots, found


@compiled(vector(uint32, written=True), vector(int32, written=True), uint64, vector(uint32), vector(int64))
def _add(held: Ids, values: Values, shift: np.uint64, ids: Ids, added: Slots) -> None:
    """Puts each id with its value into the first free slot from its own on."""
    for at in range(len(ids)):
        slot = np.int64(((ids[at] * _SPREAD) & _LOW_BITS) >> shift)
        while held[slot] != 0:
            slot = (slot + 1) & (len(held) - 1)
        held[slot], values[slot] = ids[at], added[at]


class IdTable:
    """Open addressing (Knuth, TAOCP 6.4, algorithm L): 8 bytes a slot, at most half of the slots in use.

    Ids are 32-bit and never 0. Entries are never removed one by one: the owner builds a new table, after which slots
    found before mean nothing. The layout depends on history, the answers do not.
    """

    def __init__(self, entries: int = 0) -> None:
        room = _SMALLEST
        while room < 2 * entries:
            room *= 2
        self._ids: Ids = np.zeros(room, dtype=np.uint32)
        self._values: Values = np.zeros(room, dtype=np.int32)
        self._shift = np.uint64(32 - (room.bit_length() - 1))
        self.entries = 0

    @property
    def size_bytes(self) -> int:
        return self._ids.nbytes + self._values.nbytes

    def look(self, ids: Ids) -> tuple[Slots, Slots]:
        """(slot, value) of each id: NOWHERE and 0 for those that are not here; slots are good until the next `add`."""
        return _look(self._ids, self._values, self._shift, ids)

    def find(self, ids: Ids) -> Slots:
        """The slot of each id, NOWHERE for those that are not here; good until the next `add`."""
        return self.look(ids)[0]

    def get(self, ids: Ids) -> Slots:
        """The value of each id, 0 where there is none."""
        return self.look(ids)[1]

    def change(self, slots: Slots, values: Values | Slots) -> None:
        """Gives the ids in these slots new values, none of them 0."""
        self._values[slots] = values

    def add(self, ids: Ids, values: Values | Slots) -> None:
        """Adds distinct ids that are not here yet (not checked), with values other than 0."""
        if 2 * (self.entries + len(ids)) > self._ids.size:
            self._grow(self.entries + len(ids))
        self.entries += len(ids)
        _add(self._ids, self._values, self._shift, ids, values.astype(np.int64, copy=False))

    def _grow(self, entries: int) -> None:
        used = np.flatnonzero(self._ids)
        larger = IdTable(max(entries, self._ids.size))
        larger.add(self._ids[used], self._values[used])
        self._ids, self._values, self._shift = larger._ids, larger._values, larger._shift
