"""A tenant's cells in memory: those in use, loaded when asked for, remembered as touched until saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from processors.contract import Processor
from streams.batch import CellId, SavedCell
from streams.failures import UnreadableState

Load = Callable[[CellId], Mapping[str, bytes] | None]


# Hashes of cells in the store alone; with more of them, the store itself is asked about every cell.
_MOST_KNOWN_AWAY = 2_000_000
# States touched since they were last saved that are held as objects; at midnight one record wakes every account.
MOST_TOUCHED = 20_000


class Cells:
    """States by cell, in two generations: a state asked for since the last `age` survives the next one.

    `store_is_empty` says that nothing was saved before: then a cell that was never let go of is not looked for.
    """

    def __init__(self, load: Load, *, store_is_empty: bool = False) -> None:
        self._load = load
        # Hashes of the cells that only the store holds, None where that is not known. Asked only, never walked.
        self._away: set[int] | None = set() if store_is_empty else None
        self._young: dict[CellId, Any] = {}
        self._old: dict[CellId, Any] = {}
        self._touched: dict[CellId, Processor[Any]] = {}
        self._put_by: dict[CellId, Mapping[str, bytes]] = {}
        self._crowded_from = MOST_TOUCHED

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def read(self, processor: Processor[Any], cell: CellId) -> Any | None:
        """The state of a cell, or None where it has seen nothing."""
        state = self._young.get(cell, self)
        if state is not self:
            return state
        state = self._old.pop(cell, self)
        if state is self:
            state = self._found(processor, cell)
        self._young[cell] = state
        return state

    def peek(self, processor: Processor[Any], key: str) -> Any | None:
        """What `read` gives, for a look at what is in use already: the id of a cell is made only when it is not."""
        state = self._young.get((processor.name, key), self)  # type: ignore[call-overload]  # equal to its CellId
        return self.read(processor, CellId(processor.name, key)) if state is self else state

    def touch(self, processor: Processor[Any], cell: CellId) -> Any:
        """The state of a cell for a step that may change it; a new one where it has seen nothing."""
        state = self._young.get(cell)
        if state is None:
            state = self.read(processor, cell)
            if state is None:
                state = self._young[cell] = processor.start()
        self._touched[cell] = processor
        return state

    def take_touched(self) -> list[SavedCell]:
        """The touched cells, encoded, in the order in which they were first touched."""
        put_by, young = self._put_by, self._young
        saved = [
            SavedCell(cell, put_by[cell] if cell in put_by else processor.encode(young[cell]))
            for cell, processor in self._touched.items()
        ]
        if self._away is not None:
            self._away.update(map(hash, put_by))
        self._touched.clear()
        put_by.clear()
        self._crowded_from = MOST_TOUCHED
        return saved

    def put_by(self) -> None:
        """Where very many cells are touched, keeps them as bytes until they are asked for again. Not within a step.

        States of several parts stay, for they give the changed parts only; so do those that other steps look at.
        """
        if len(self._touched) - len(self._put_by) < self._crowded_from:
            return
        young = self._young
        for cell, processor in self._touched.items():
            if cell in young and not processor.provides_context and type(processor).encode is Processor.encode:
                self._put_by[cell] = processor.encode(young.pop(cell))
        self._crowded_from = len(self._touched) - len(self._put_by) + MOST_TOUCHED

    def age(self) -> None:
        """Forgets states not asked for since the last call. Only when nothing is touched."""
        if self._away is not None:
            self._away.update([hash(cell) for cell, state in self._old.items() if state is not None])
            if len(self._away) > _MOST_KNOWN_AWAY:
                self._away = None
        self._old, self._young = self._young, {}

    def _found(self, processor: Processor[Any], cell: CellId) -> Any | None:
        waiting = self._put_by.pop(cell, None)
        if waiting is not None:
            return decoded(processor, cell, waiting)
        if self._away is not None and hash(cell) not in self._away:
            return None
        parts = self._load(cell)
        return None if parts is None else decoded(processor, cell, parts)


def looked_up(catalog: Sequence[Processor[Any]]) -> frozenset[str]:
    """The names of those whose cells answer questions by themselves."""
    return frozenset(processor.name for processor in catalog if processor.looked_up)


def decoded(processor: Processor[Any], cell: CellId, parts: Mapping[str, bytes]) -> Any:
    """The state that was saved of a cell. Raises UnreadableState."""
    try:
        return processor.decode(parts)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
        raise UnreadableState(processor.name, cell.key) from error
