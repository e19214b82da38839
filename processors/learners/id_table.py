"""Where does the entry of this id lie? A compact map that answers for many ids at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
Values = NDArray[np.int32]
Slots = NDArray[np.int64]

_WIDTH_BITS = 3
_WIDTH = 1 << _WIDTH_BITS  # slots of a bucket: at half load one look finds nearly every id
_LANE = _WIDTH - 1
_SMALLEST = 8  # buckets
_SPREAD = np.uint32(0x9E3779B1)
NOWHERE = -1


class IdTable:
    """Buckets of eight slots, a full one going over into the next: 8 bytes a slot, at most half of the slots in use.

    Ids are 32-bit and never 0. Entries are never removed one by one: the owner builds a new table, after which slots
    found before mean nothing. The layout depends on history, the answers do not.
    """

    def __init__(self, entries: int = 0) -> None:
        buckets = _SMALLEST
        while _WIDTH * buckets < 2 * entries:
            buckets *= 2
        self._ids = np.zeros((buckets, _WIDTH), dtype=np.uint32)
        self._values = np.zeros(buckets * _WIDTH, dtype=np.int32)
        self._shift = np.uint32(32 - (buckets.bit_length() - 1))
        self.entries = 0

    @property
    def size_bytes(self) -> int:
        return self._ids.nbytes + self._values.nbytes

    def look(self, ids: Ids) -> tuple[Slots, Slots]:
        """(slot, value) of each id: NOWHERE and 0 for those that are not here; slots are good until the next `add`."""
        buckets = self._buckets(ids)
        rows = self._ids.take(buckets, axis=0)
        hits = (rows == ids[:, None]).reshape(-1).nonzero()[0]
        if len(hits) == len(ids):  # all of them, as it is with many texts
            slots = (buckets << _WIDTH_BITS) + (hits & _LANE)
            return slots, self._values.take(slots).astype(np.int64)
        at = hits >> _WIDTH_BITS
        slots = np.full(len(ids), NOWHERE)
        found = (buckets << _WIDTH_BITS).take(at) + (hits & _LANE)
        slots[at] = found
        values = np.zeros(len(ids), dtype=np.int64)
        values[at] = self._values.take(found)
        full = rows[:, -1].nonzero()[0]
        onward = full[slots.take(full) < 0]
        if len(onward):
            self._look_onward(ids, buckets, onward, slots)
            values[onward] = np.where(slots[onward] < 0, 0, self._values.take(slots[onward], mode="clip"))
        return slots, values

    def _look_onward(self, ids: Ids, buckets: Slots, onward: Slots, slots: Slots) -> None:
        """Looks for these of the ids in the buckets that follow full ones."""
        while len(onward):
            buckets[onward] = (buckets[onward] + 1) % len(self._ids)
            rows = self._ids.take(buckets[onward], axis=0)
            match = rows == ids[onward, None]
            found = match.any(axis=1)
            slots[onward[found]] = buckets[onward[found]] * _WIDTH + match[found].argmax(axis=1)
            onward = onward[~found & (rows[:, -1] != 0)]

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
        flat, buckets = self._ids.reshape(-1), self._buckets(ids)
        while len(ids):
            rows = self._ids.take(buckets, axis=0)
            full = rows[:, -1].nonzero()[0]
            if len(full):
                buckets[full] = (buckets[full] + 1) % len(self._ids)
                continue
            # Several ids may claim one free slot: the last written has it, the others look again.
            slots = (buckets << _WIDTH_BITS) + (rows == 0).argmax(axis=1)
            flat[slots] = ids
            self._values[slots] = values
            again = (flat.take(slots) != ids).nonzero()[0]
            ids, values, buckets = ids.take(again), values.take(again), buckets.take(again)

    def _buckets(self, ids: Ids) -> Slots:
        return ((ids * _SPREAD) >> self._shift).astype(np.int64)

    def _grow(self, entries: int) -> None:
        used = np.flatnonzero(self._ids)
        larger = IdTable(max(entries, self._ids.size))
        larger.add(self._ids.reshape(-1)[used], self._values[used])
        self._ids, self._values, self._shift = larger._ids, larger._values, larger._shift
