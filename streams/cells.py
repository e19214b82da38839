"""A tenant's cells in memory: those in use, loaded when asked for, remembered as touched until saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from processors.contract import Processor
from streams.batch import CellId, SavedCell

Load = Callable[[CellId], Mapping[str, bytes] | None]


class Cells:
    """States by cell, in two generations: a state asked for since the last `age` survives the next one."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._young: dict[CellId, Any] = {}
        self._old: dict[CellId, Any] = {}
        self._touched: dict[CellId, Processor[Any]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def read(self, processor: Processor[Any], cell: CellId) -> Any | None:
        """The state of a cell, or None where it has seen nothing."""
        state = self._young.get(cell, self)
        if state is not self:
            return state
        state = self._old.pop(cell, self)
        if state is self:
            parts = self._load(cell)
            state = None if parts is None else processor.decode(parts)
        self._young[cell] = state
        return state

    def touch(self, processor: Processor[Any], cell: CellId) -> Any:
        """The state of a cell for a step that may change it; a new one where it has seen nothing."""
        state = self.read(processor, cell)
        if state is None:
            state = self._young[cell] = processor.start()
        self._touched[cell] = processor
        return state

    def take_touched(self) -> list[SavedCell]:
        """The touched cells, encoded, in the order in which they were first touched."""
        saved = [SavedCell(cell, processor.encode(self._young[cell])) for cell, processor in self._touched.items()]
        self._touched.clear()
        return saved

    def age(self) -> None:
        """Forgets states not asked for since the last call. Only when nothing is touched."""
        self._old, self._young = self._young, {}
