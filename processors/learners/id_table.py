"""Where does the entry of this id lie? A compact map that answers for many ids at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
Values = NDArray[np.int32]

_WIDTH = 8  # slots of a bucket: at half load one look finds nearly every id
_SMALLEST = 8  # buckets
_SPREAD = np.uint32(0x9E3779B1)


class IdTable:
    """Buckets of eight slots, a full one going over into the next: 8 bytes a slot, at most half of the slots in use.

    Ids are 32-bit and never 0; values are never 0, which stands for "not here". Entries are never removed one by one:
    the owner builds a new table. The layout depends on history, the answers do not.
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

    def get(self, ids: Ids) -> Values:
        """The value of each id, 0 where there is none."""
        slots = self._slots(ids)
        values = self._values.take(slots, mode="clip")
        values[slots < 0] = 0
        return values

    def put(self, ids: Ids, values: Values) -> None:
        """Sets the value of each id; ids must be distinct, values must not be 0."""
        slots = self._slots(ids)
        known = slots >= 0
        self._values[slots[known]] = values[known]
        self.add(ids[~known], values[~known])

    def add(self, ids: Ids, values: Values) -> None:
        """`put` for ids that are not here yet, which the caller must know."""
        if 2 * (self.entries + len(ids)) > self._ids.size:
            self._grow(self.entries + len(ids))
        self.entries += len(ids)
        flat = self._ids.reshape(-1)
        buckets = self._buckets(ids)
        while len(ids):
            empty = self._ids.take(buckets, axis=0) == 0
            column = empty.argmax(axis=1)
            at = buckets * _WIDTH + column
            room = empty.reshape(-1).take(np.arange(len(ids)) * _WIDTH + column)
            # Several ids may claim one free slot: the last written has it, the others look again.
            flat[at[room]] = ids[room]
            placed = flat.take(at) == ids
            self._values[at[placed]] = values[placed]
            open_ = (~placed).nonzero()[0]
            ids, values = ids[open_], values[open_]
            buckets = np.where(room, buckets, (buckets + 1) % len(self._ids))[open_]

    def _buckets(self, ids: Ids) -> NDArray[np.int64]:
        return ((ids * _SPREAD) >> self._shift).astype(np.int64)

    def _slots(self, ids: Ids) -> NDArray[np.int64]:
        """Where each id stands, -1 if nowhere."""
        buckets = self._buckets(ids)
        rows = self._ids.take(buckets, axis=0)
        match = rows == ids[:, None]
        column = match.argmax(axis=1)
        at = np.arange(len(ids)) * _WIDTH + column
        slots = np.where(match.reshape(-1).take(at), buckets * _WIDTH + column, -1)
        open_ = ((slots < 0) & (rows[:, -1] != 0)).nonzero()[0]
        while len(open_):
            buckets[open_] = (buckets[open_] + 1) % len(self._ids)
            rows = self._ids.take(buckets[open_], axis=0)
            match = rows == ids[open_, None]
            hit = match.any(axis=1)
            slots[open_[hit]] = buckets[open_[hit]] * _WIDTH + match[hit].argmax(axis=1)
            open_ = open_[~hit & (rows[:, -1] != 0)]
        return slots

    def _grow(self, entries: int) -> None:
        used = np.flatnonzero(self._ids)
        larger = IdTable(max(entries, self._ids.size))
        larger.add(self._ids.reshape(-1)[used], self._values[used])
        self._ids, self._values, self._shift = larger._ids, larger._values, larger._shift
