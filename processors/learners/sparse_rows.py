"""What has been learned about each feature, within a fixed amount of memory?

A feature seen in one example costs 8 bytes: its id, the label it came with and that label's weight, in the order of
first sight. Seen in a second example it gets a row: per label a weight, a sum of squared gradients and a count. Row 0
is what a feature has that nothing is known about. When room runs out the rows unused for longest go, and the older half
of the first sights; both are decided by the sequence of examples alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.learners.id_table import IdTable, Slots
from processors.learners.text_loops import CHUNK_SHIFT, UNIT_BITS, UNITS_MASK, Counted, admit, count

Ids = NDArray[np.uint32]
Rows = NDArray[np.int64]  # row numbers; they are looked up by without a conversion

UNITS = 16  # a label of weight 1 counts 16, so that counts are whole numbers
MOST_UNITS = 1_024  # of one label: weight 64
CHUNK_ROWS = 1 << CHUNK_SHIFT
CHUNK_SIGHTS = 8_192
MOST_LABELS = 1_024
START_WEIGHT = 0.3
START_SQUARE = 0.01
START_SCALE_SQUARE = 1.0
_TABLE_BYTES = 32  # per entry at worst: a quarter of the slots used just after the table doubled
_SIGHT_SHARE = 8  # one eighth of the memory is for first sights

# name: (type, what an unknown feature has); the first three have a column per label
PER_LABEL: dict[str, tuple[str, float]] = {
    "weights": ("<f4", START_WEIGHT),
    "squares": ("<f4", START_SQUARE),
    "counts": ("<u2", 0),
}
PER_ROW: dict[str, tuple[str, float]] = {
    "ids": ("<u4", 0),
    "scales": ("<f4", 1.0),
    "scale_squares": ("<f4", START_SCALE_SQUARE),
    "seen": ("<u2", 0),
    "used": ("<u4", 0),
}
_CELL_BYTES = 10
_ROW_BYTES = 18


class SparseRows:
    """Rows by feature id. `columns` is the room for labels, a multiple of 8; columns not in use hold defaults."""

    def __init__(self, max_bytes: int, columns: int = 8, rows: int = 64, sights: int = 64) -> None:
        self.max_bytes = max_bytes
        self.columns = -(-columns // 8) * 8
        self.rows = 1
        self.sights = 0
        self.table = IdTable()
        self._reserve_rows(rows)
        self.sight_ids: Ids = np.zeros(sights, dtype=np.uint32)
        self.sight_codes: NDArray[np.int32] = np.zeros(sights, dtype=np.int32)
        self.touched_sights: set[int] = set()  # chunks; only ever asked, never walked

    weights: NDArray[np.float32]
    squares: NDArray[np.float32]
    counts: NDArray[np.uint16]
    ids: Ids
    scales: NDArray[np.float32]
    scale_squares: NDArray[np.float32]
    seen: NDArray[np.uint16]
    used: NDArray[np.uint32]
    touched_rows: NDArray[np.bool_]  # by chunk

    @property
    def size_bytes(self) -> int:
        """Bytes of all arrays, room for growth included."""
        arrays = [getattr(self, name) for name in (*PER_LABEL, *PER_ROW)]
        return sum(int(array.nbytes) for array in arrays) + 8 * len(self.sight_ids) + self.table.size_bytes

    @property
    def counted(self) -> Counted:
        return self.sight_codes, self.counts, self.seen

    @property
    def row_limit(self) -> int:
        share = self.max_bytes - self.max_bytes // _SIGHT_SHARE
        return max(share // (_CELL_BYTES * self.columns + _ROW_BYTES + _TABLE_BYTES), 8)

    @property
    def sight_limit(self) -> int:
        return max(self.max_bytes // _SIGHT_SHARE // (8 + _TABLE_BYTES), 8)

    def sight_units(self, places: Rows) -> NDArray[np.int32]:
        """The units of first sights, given as negative answers of the table."""
        return self.sight_codes.take(-1 - places) & UNITS_MASK

    def fit_labels(self, labels: int) -> None:
        """Makes room for that many labels; raises ValueError beyond 1,024."""
        if labels > MOST_LABELS:
            raise ValueError(f"a text model takes at most {MOST_LABELS} labels; merge rare ones before teaching it")
        if labels <= self.columns:
            return
        self.columns = -(-max(labels, self.columns + self.columns // 4) // 8) * 8
        if self.rows > self.row_limit:
            self._evict_rows(self.row_limit * 3 // 4)
        self._reserve_rows(min(len(self.ids), max(self.row_limit, self.rows)))

    def admit(self, ids: Ids, slots: Slots, places: Rows, second: NDArray[np.int64]) -> Rows:
        """Gives features of a text at their second sight (their positions) a row; the places of all its features."""
        places = places.copy()
        if self.rows + len(second) > self.row_limit:
            self._evict_rows(max(min(self.row_limit * 3 // 4, self.row_limit - len(second)), 1))
            slots, places = self.table.look(ids)
            second = second[: self.row_limit - self.rows]
        end = self.rows + len(second)
        if end > len(self.ids):
            self._reserve_rows(min(max(end, len(self.ids) + len(self.ids) // 2), self.row_limit))
        admit(ids, places, second, self.rows, self.sight_codes, self.ids, self.counts, self.seen)
        self.rows = end
        self.table.change(slots.take(second), places.take(second))
        return places

    def count(self, ids: Ids, places: Rows, label: int, units: int, example: int) -> None:
        """Counts one example of a label for features in these places, stamped with the example's number.

        Those seen for the first time are remembered with the label they came with.
        """
        ids = count(ids, places, label, units, example, self.counts, self.seen, self.used, self.touched_rows)
        if not len(ids):
            return
        if self.sights + len(ids) > self.sight_limit:
            self._drop_sights()
        ids = ids[: self.sight_limit - self.sights]
        end = self.sights + len(ids)
        if end > len(self.sight_ids):
            room = min(max(end, len(self.sight_ids) + len(self.sight_ids) // 2), self.sight_limit)
            self.sight_ids = _extended(self.sight_ids, room)
            self.sight_codes = _extended(self.sight_codes, room)
        self.sight_ids[self.sights : end] = ids
        self.sight_codes[self.sights : end] = (label << UNIT_BITS) + units
        self.table.add(ids, np.arange(-1 - self.sights, -1 - end, -1))
        self.touched_sights.update(range(self.sights // CHUNK_SIGHTS, -(-end // CHUNK_SIGHTS)))
        self.sights = end

    def live_sights(self) -> NDArray[np.int64]:
        """Positions of first sights that did not become rows, oldest first."""
        places = self.table.get(self.sight_ids[: self.sights])
        return np.flatnonzero(places == -1 - np.arange(self.sights))

    def rebuild_table(self) -> None:
        """Makes the table anew from the arrays; rows win over first sights."""
        self.table = IdTable(self.rows + self.sights)
        self.table.add(self.sight_ids[: self.sights], -1 - np.arange(self.sights, dtype=np.int32))
        numbers = np.arange(1, self.rows, dtype=np.int32)
        slots = self.table.find(self.ids[1 : self.rows])
        sighted = slots >= 0
        self.table.change(slots[sighted], numbers[sighted])
        self.table.add(self.ids[1 : self.rows][~sighted], numbers[~sighted])

    def touch_all(self) -> None:
        self.touched_rows[:] = True
        self.touched_sights = set(range(-(-self.sights // CHUNK_SIGHTS)))

    def _evict_rows(self, keep: int) -> None:
        """Keeps the rows used last (of equals the older row); row 0 stays."""
        order = np.lexsort((np.arange(1, self.rows), -self.used[1 : self.rows].astype(np.int64)))[:keep]
        kept = np.concatenate([[0], np.sort(order) + 1])
        for name, (kind, default) in (PER_LABEL | PER_ROW).items():
            array = getattr(self, name)
            array[: len(kept)] = array[kept]
            array[len(kept) :] = np.array(default, dtype=kind)
        live = self.live_sights()
        self.rows = len(kept)
        self._keep_sights(live)

    def _drop_sights(self) -> None:
        live = self.live_sights()
        if len(live) > self.sight_limit // 2:
            live = live[-(self.sight_limit // 2) :]
        self._keep_sights(live)

    def _keep_sights(self, kept: NDArray[np.int64]) -> None:
        self.sight_ids[: len(kept)] = self.sight_ids[kept]
        self.sight_codes[: len(kept)] = self.sight_codes[kept]
        self.sights = len(kept)
        self.rebuild_table()
        self.touch_all()

    def _reserve_rows(self, rows: int) -> None:
        for name, (kind, default) in PER_LABEL.items():
            setattr(self, name, _resized(getattr(self, name, None), (rows, self.columns), kind, default))
        for name, (kind, default) in PER_ROW.items():
            setattr(self, name, _resized(getattr(self, name, None), (rows,), kind, default))
        touched = getattr(self, "touched_rows", None)
        self.touched_rows = _resized(touched, (-(-rows // CHUNK_ROWS),), "bool", False)


def _resized(old: NDArray[Any] | None, shape: tuple[int, ...], kind: str, default: float) -> NDArray[Any]:
    new = np.full(shape, default, dtype=kind)
    if old is not None:
        kept = tuple(slice(0, min(before, after)) for before, after in zip(old.shape, shape, strict=True))
        new[kept] = old[kept]
    return new


def _extended(old: NDArray[Any], length: int) -> NDArray[Any]:
    new = np.zeros(length, dtype=old.dtype)
    new[: len(old)] = old
    return new
