"""Folds saved in a table whose rows are written one by one: a row holds its last two states, the header decides.

A batch's rows are written first, each as (epoch, position, state, position before, state before); when all of them are
confirmed the header follows. A reader takes of each row the newest state that is not above its tenant's header, so a
batch counts whole or not at all wherever the writing ended. A writer begins by writing an epoch above all before it
(`claim`); of two versions of a row the one of the higher epoch is the newer, then the one with the higher position, so
that what a replaced writer still sends changes nothing.

Keys: `h` TENANT the header; `c` TENANT NUL PROCESSOR NUL LENGTH KEY PART a part of a cell; `w` TENANT NUL PROCESSOR NUL
KEY a cell's timers and its account while it is open; `p` the partition: its writer's epoch, and where to read on.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

import msgspec

from processors.contract import Processor
from streams.batch import Batch, CellId, Header
from streams.failures import FoldBroken, OutOfStep

Change = tuple[bytes, bytes | None]

# A row that holds nothing stays this long before it is deleted: as long as a replaced writer may still be heard of,
# whose older version of it would count where nothing is.
EMPTY_KEPT_SECONDS = 900.0


class Rows(Protocol):
    """A table of bytes by key."""

    def get(self, key: bytes) -> bytes | None: ...

    def scan(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        """Every row whose key begins so, in order of keys."""


class Changes(NamedTuple):
    """What saving a batch writes: rows (None: to be deleted), and the header to follow when all of them hold."""

    rows: list[Change]
    header: Change


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a partition is read on: the table's writer's epoch, the next offset, and the journal's epoch there."""

    epoch: int = 0
    offset: int = 0
    carried: int = 0


class _Row(msgspec.Struct, array_like=True, gc=False):
    epoch: int
    at: int
    state: bytes | None
    before: int = -1
    old: bytes | None = None


class _Waiting(msgspec.Struct, array_like=True):
    account: str | None
    timers: dict[str, int]


PLACE_KEY = b"p"

_pack = msgspec.msgpack.Encoder().encode
_ROW = msgspec.msgpack.Decoder(_Row).decode
_WAITING = msgspec.msgpack.Decoder(_Waiting).decode
_HEADER = msgspec.msgpack.Decoder(tuple[int, int, int, str, str | None, int]).decode
_PLACE = msgspec.msgpack.Decoder(Place).decode
_AT = msgspec.msgpack.Decoder(list[Any]).decode


class TableDamaged(FoldBroken):
    """A row holds no state as of its header."""

    def __init__(self, tenant: str, position: int) -> None:
        super().__init__(
            f"tenant {tenant}: a saved row holds no state as of position {position}: delete the topic `state` and the "
            "workers' folders, and the workers fold the journal again"
        )


def newer(saved: bytes, other: bytes) -> bool:
    """Whether `other`, a row of the same key, is no older than what is saved."""
    return bool(_AT(other)[:2] >= _AT(saved)[:2])


def newest_of(value: bytes) -> tuple[int, int, bytes | None]:
    """The epoch, position and state that a row of a cell was last written with, whether its header counts it or not."""
    row = _ROW(value)
    return row.epoch, row.at, row.state


def cell_key(tenant: str, cell: CellId) -> bytes:
    """The key of a cell's row, or what the keys of its parts begin with."""
    name = cell.key.encode()
    head = b"c%b\0%b\0" % (tenant.encode(), cell.processor.encode())
    return head + len(name).to_bytes(2, "big") + name


def processor_of(key: bytes) -> str | None:
    """The processor whose cell the row of this key is part of; None for other rows."""
    return key.split(b"\0", 2)[1].decode() if key.startswith(b"c") else None


def looked_up_rows(batch: Batch, names: Collection[str]) -> Iterator[tuple[bytes, bytes]]:
    """Rows of the cells of these processors, for whoever saves no table and lets others read them. Of the epoch 0."""
    for cell, parts in batch.cells:
        if cell.processor in names:
            prefix = cell_key(batch.tenant, cell)
            for part, state in parts.items():
                yield prefix + part.encode(), _pack((0, batch.header.position, state))


class TableStore:
    """A fold store over rows. `changes` says what saving a batch writes; `saved` is told when it is done.

    `catalog` tells which processors save their cells in parts: those are looked for row by row. `clock` counts seconds.
    Nothing is written before an epoch is claimed.
    """

    def __init__(
        self, rows: Rows, catalog: Sequence[Processor[Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rows = rows
        self._epoch = 0
        self._clock = clock
        self._whole = {one.name for one in catalog if type(one).encode is Processor.encode}
        self._positions: dict[str, int] = {}
        # Rows that hold nothing any more, by when they were found so: the oldest first.
        self._empty: dict[str, dict[bytes, float]] = {}

    def place(self) -> Place:
        """Where the partition is read on, as it is saved."""
        value = self._rows.get(PLACE_KEY)
        return Place() if value is None else _PLACE(value)

    def claim(self, at_least: int = 0) -> Change:
        """Takes an epoch above the last writer's; the row that says so must hold before anything else is written."""
        place = self.place()
        self._epoch = max(place.epoch + 1, at_least)
        return self.placed(place.offset, place.carried)

    def placed(self, offset: int, carried: int) -> Change:
        """The row that says where to read on."""
        return PLACE_KEY, _pack(Place(self._epoch, offset, carried))

    def header(self, tenant: str) -> Header | None:
        value = self._rows.get(_header_key(tenant))
        if value is None:
            self._positions[tenant] = 0
            return None
        header = Header(*_HEADER(value)[1:])
        self._positions[tenant] = header.position
        return header

    def timers(self, tenant: str) -> Iterable[tuple[CellId, str, int]]:
        for cell, waiting in self._waiting(tenant):
            for name, due in waiting.timers.items():
                yield cell, name, due

    def open_cells(self, tenant: str) -> Iterable[tuple[CellId, str]]:
        for cell, waiting in self._waiting(tenant):
            if waiting.account is not None:
                yield cell, waiting.account

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        at, prefix = self._position(tenant), cell_key(tenant, cell)
        if cell.processor in self._whole:
            value = self._rows.get(prefix)
            state = None if value is None else _as_of(tenant, value, at)
            return None if state is None else {"": state}
        parts = {}
        for key, value in self._rows.scan(prefix):
            state = _as_of(tenant, value, at)
            if state is not None:
                parts[key[len(prefix) :].decode()] = state
        return parts or None

    def cells(self, tenant: str) -> Iterable[tuple[CellId, Mapping[str, bytes]]]:
        at, prefix = self._position(tenant), b"c%b\0" % tenant.encode()
        found: dict[CellId, dict[str, bytes]] = {}
        for key, value in self._rows.scan(prefix):
            state = _as_of(tenant, value, at)
            if state is not None:
                cell, part = _cell_of(key[len(prefix) :])
                found.setdefault(cell, {})[part] = state
        return sorted(found.items())

    def tenants(self) -> Sequence[str]:
        return sorted(key[1:].decode() for key, _ in self._rows.scan(b"h"))

    def save(self, batches: Sequence[Batch]) -> None:
        """Writes into rows that take writes one by one: `MemoryRows`."""
        rows = self._rows
        if not isinstance(rows, MemoryRows):
            raise TypeError(f"{type(rows).__name__} is written to by its runtime")
        for batch in batches:
            changes = self.changes(batch)
            rows.write([*changes.rows, changes.header])
            self.saved(batch)

    def changes(self, batch: Batch) -> Changes:
        """What saving the batch writes. Raises OutOfStep for one that does not follow what is saved."""
        tenant, header = batch.tenant, batch.header
        saved = self._position(tenant)
        if saved != batch.after:
            raise OutOfStep(tenant, batch.after, saved)
        rows: list[Change] = []
        get, position = self._rows.get, header.position
        for cell, parts in batch.cells:
            prefix = cell_key(tenant, cell)
            for part, state in parts.items():
                key = prefix + part.encode() if part else prefix
                rows.append((key, self._row(get(key), saved, position, state)))
        rows += self._changed_waits(batch, saved)
        values = (self._epoch, position, header.clock, header.clock_mode, header.backfill, header.backfill_clock)
        return Changes(rows, (_header_key(tenant), _pack(values)))

    def saved(self, batch: Batch) -> None:
        """The rows of the batch and its header hold."""
        self._positions[batch.tenant] = batch.header.position

    def forget(self) -> None:
        """Everything is asked of the rows again."""
        self._positions.clear()
        self._empty.clear()

    def _row(self, before: bytes | None, saved: int, position: int, state: bytes | None) -> bytes:
        """A row with a new state, and beside it the one that holds now."""
        if before is None:
            return _pack((self._epoch, position, state))
        row = _ROW(before)
        at, old = (row.at, row.state) if row.at <= saved else (row.before, row.old)
        return _pack((self._epoch, position, state) if at < 0 else (self._epoch, position, state, at, old))

    def _position(self, tenant: str) -> int:
        position = self._positions.get(tenant)
        if position is None:
            self.header(tenant)
            position = self._positions[tenant]
        return position

    def _waiting(self, tenant: str) -> Iterator[tuple[CellId, _Waiting]]:
        at, prefix = self._position(tenant), b"w%b\0" % tenant.encode()
        for key, value in self._rows.scan(prefix):
            state = _as_of(tenant, value, at)
            if state is None:
                self._empty.setdefault(tenant, {}).setdefault(key, self._clock())
            else:
                processor, _, name = key[len(prefix) :].partition(b"\0")
                yield CellId(processor.decode(), name.decode()), _WAITING(state)

    def _changed_waits(self, batch: Batch, saved: int) -> list[Change]:
        tenant, position, now = batch.tenant, batch.header.position, self._clock()
        empty = self._empty.setdefault(tenant, {})
        rows: list[Change] = []
        for key, value, waiting in self._waits_of(batch, saved):
            empty.pop(key, None)
            if waiting.timers or waiting.account is not None:
                rows.append((key, self._row(value, saved, position, _pack(waiting))))
            elif value is not None:
                rows.append((key, self._row(value, saved, position, None)))
                empty[key] = now
        for key in list(takewhile(lambda key: empty[key] < now - EMPTY_KEPT_SECONDS, empty)):
            del empty[key]
            rows.append((key, None))
        return rows

    def _waits_of(self, batch: Batch, saved: int) -> Iterable[tuple[bytes, bytes | None, _Waiting]]:
        """(key, row as it is, what it is to say) of each cell whose timers or account changed."""
        tenant = batch.tenant
        changed: dict[CellId, tuple[bytes, bytes | None, _Waiting]] = {}

        def waiting(cell: CellId) -> _Waiting:
            found = changed.get(cell)
            if found is None:
                key = b"w%b\0%b\0%b" % (tenant.encode(), cell.processor.encode(), cell.key.encode())
                value = self._rows.get(key)
                state = None if value is None else _as_of(tenant, value, saved)
                found = changed[cell] = key, value, _Waiting(None, {}) if state is None else _WAITING(state)
            return found[2]

        for cell, name, due in batch.timers:
            timers = waiting(cell).timers
            timers.pop(name, None)
            if due is not None:
                timers[name] = due
        for cell, account in batch.openings:
            waiting(cell).account = account
        return changed.values()


class MemoryRows:
    """Rows in a dictionary, as they are read out of a changelog."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._order: list[bytes] | None = []

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        if self._order is None:
            self._order = sorted(self._rows)
        order = self._order
        for place in range(bisect_left(order, prefix), len(order)):
            if not order[place].startswith(prefix):
                return
            yield order[place], self._rows[order[place]]

    def write(self, changes: Iterable[Change]) -> None:
        """Writes rows over what is there, unless what is there is newer."""
        for key, value in changes:
            before = self._rows.get(key)
            if value is None:
                self._order = None if self._rows.pop(key, None) is not None else self._order
            elif before is None:
                self._rows[key] = value
                self._order = None
            elif newer(before, value):
                self._rows[key] = value


def _as_of(tenant: str, value: bytes, at: int) -> bytes | None:
    row = _ROW(value)
    if row.at <= at:
        return row.state
    if row.before > at:
        raise TableDamaged(tenant, at)
    return row.old


def _header_key(tenant: str) -> bytes:
    return b"h" + tenant.encode()


def _cell_of(key: bytes) -> tuple[CellId, str]:
    processor, _, rest = key.partition(b"\0")
    end = 2 + int.from_bytes(rest[:2], "big")
    return CellId(processor.decode(), rest[2:end].decode()), rest[end:].decode()
