"""A tenant's fold in the state that Flink keeps under its key: bytes of our own codec, nothing pickled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json import dumps, loads
from typing import Any

import msgspec
from pyflink.common.typeinfo import TypeInformation, Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor

from processors.contract import Processor
from streams.batch import Batch, CellId, Header
from streams.failures import OutOfStep
from streams.runtimes.flink.settings import Mode

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())

_pack = msgspec.msgpack.encode
_HEADER = msgspec.msgpack.Decoder(tuple[int, int, str, str | None, int]).decode
_PARTS = msgspec.msgpack.Decoder(list[str]).decode


class _PlainBytes(TypeInformation):  # type: ignore[misc]  # published without types
    """Bytes as they are.

    In threads PyFlink takes a primitive array apart into numbers; what it does not know it stores as it is given.
    """


def state_bytes(mode: Mode) -> Any:
    """The type of bytes in state, which differs between the two ways in which PyFlink runs Python."""
    return _PlainBytes() if mode == "thread" else BYTES


def bytes_value(context: RuntimeContext, name: str, mode: Mode) -> Any:
    """One value under the current key."""
    return context.get_state(ValueStateDescriptor(name, state_bytes(mode)))


def bytes_list(context: RuntimeContext, name: str, mode: Mode) -> Any:
    """A list under the current key."""
    return context.get_list_state(ListStateDescriptor(name, state_bytes(mode)))


def bytes_map(context: RuntimeContext, name: str, mode: Mode) -> Any:
    """A map under the current key, from names in ASCII."""
    return context.get_map_state(MapStateDescriptor(name, Types.STRING(), state_bytes(mode)))


class KeyedFoldStore:
    """A fold store that knows one tenant at a time: the one whose key is current.

    A cell whose processor saves it whole is one row; of one that is saved in parts each part is a row, and the cell's
    own row names them.
    """

    def __init__(self, context: RuntimeContext, mode: Mode, catalog: Sequence[Processor[Any]]) -> None:
        self._mode: Mode = mode
        self._header = bytes_value(context, "header", mode)
        self._cells = bytes_map(context, "cells", mode)
        self._timers = bytes_map(context, "timers", mode)
        self._open = bytes_map(context, "open", mode)
        self._whole = {one.name for one in catalog if type(one).encode is Processor.encode}
        self._parts: dict[tuple[str, CellId], dict[str, None]] = {}

    def header(self, tenant: str) -> Header | None:
        value = self._header.value()
        return None if value is None else Header(*_HEADER(value))

    def timers(self, tenant: str) -> Iterable[tuple[CellId, str, int]]:
        for row, value in self._timers.items():
            processor, key, name = loads(row)
            yield CellId(processor, key), name, int.from_bytes(value, "big", signed=True)

    def open_cells(self, tenant: str) -> Iterable[tuple[CellId, str]]:
        for row, value in self._open.items():
            yield CellId(*loads(row)), value.decode()

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        value = self._cells.get(dumps(cell))
        if value is None:
            return None
        if cell.processor in self._whole:
            return {"": value}
        names = _PARTS(value)
        self._parts[tenant, cell] = dict.fromkeys(names)
        return {name: self._cells.get(dumps((*cell, name))) for name in names}

    def cells(self, tenant: str) -> Iterable[tuple[CellId, Mapping[str, bytes]]]:
        rows = (loads(row) for row in self._cells.keys())  # noqa: SIM118 - no dictionary
        for cell in sorted(CellId(*row) for row in rows if len(row) == 2):
            parts = self.cell(tenant, cell)
            if parts is not None:
                yield cell, parts

    def tenants(self) -> Sequence[str]:
        raise NotImplementedError("a store of Flink's state knows its current key only")

    def save(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._save(batch)

    def _save(self, batch: Batch) -> None:
        before = self.header(batch.tenant)
        saved = before.position if before else 0
        if saved != batch.after:
            raise OutOfStep(batch.tenant, batch.after, saved)
        cells: dict[str, bytes] = {}
        for cell, parts in batch.cells:
            if cell.processor in self._whole:
                cells[dumps(cell)] = parts[""]
            else:
                self._put_parts(cells, batch.tenant, cell, parts)
        _write(self._cells, cells, self._mode)
        due_at = ((dumps((*cell, name)), due) for cell, name, due in batch.timers)
        timers = {row: None if due is None else due.to_bytes(8, "big", signed=True) for row, due in due_at}
        _write(self._timers, timers, self._mode)
        openings = {dumps(cell): None if owner is None else owner.encode() for cell, owner in batch.openings}
        _write(self._open, openings, self._mode)
        header = batch.header
        said = (header.position, header.clock, header.clock_mode, header.backfill, header.backfill_clock)
        self._header.update(_pack(said))

    def _put_parts(self, cells: dict[str, bytes], tenant: str, cell: CellId, parts: Mapping[str, bytes]) -> None:
        names = self._parts.setdefault((tenant, cell), {})
        known = len(names)
        for name, value in parts.items():
            names[name] = None
            cells[dumps((*cell, name))] = value
        if len(names) != known:
            cells[dumps(cell)] = _pack(list(names))


def _write(state: Any, rows: Mapping[str, bytes | None], mode: Mode) -> None:
    """Writes rows of a map; those without a value are removed. In threads all values cross into Java at once."""
    values = {row: value for row, value in rows.items() if value is not None}
    if mode == "process":
        # PyFlink gathers them in Python, and its `put_all` takes no dictionary there, against its own contract.
        for row, written in values.items():
            state.put(row, written)
    elif values:
        state.put_all(values)
    for row, value in rows.items():
        if value is None:
            state.remove(row)
