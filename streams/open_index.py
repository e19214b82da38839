"""Which cells wait for something, by processor and account."""

from __future__ import annotations

from collections.abc import Iterable

from streams.batch import CellId


class OpenIndex:
    """Open cells of a tenant. Changes are remembered until `take_changes`."""

    def __init__(self, saved: Iterable[tuple[CellId, str]] = ()) -> None:
        self._account: dict[CellId, str] = {}
        self._keys: dict[tuple[str, str], dict[str, None]] = {}
        self._changed: dict[CellId, None] = {}
        for cell, account in saved:
            self._put(cell, account)

    def open(self, cell: CellId, account: str) -> None:
        """The cell belongs to this account and is reached by `Everyone` from now on."""
        if self._account.get(cell) == account:
            return
        self._drop(cell)
        self._put(cell, account)
        self._changed[cell] = None

    def close(self, cell: CellId) -> None:
        """`Everyone` no longer reaches the cell."""
        if self._drop(cell):
            self._changed[cell] = None

    def keys(self, processor: str, account: str | None) -> list[str]:
        """Keys of the processor's open cells of one account, or of all where it is None; sorted."""
        if account is not None:
            return sorted(self._keys.get((processor, account), ()))
        return sorted(cell.key for cell in self._account if cell.processor == processor)

    def items(self) -> Iterable[tuple[CellId, str]]:
        """Every open cell with its account, in no particular order."""
        return self._account.items()

    def take_changes(self) -> list[tuple[CellId, str | None]]:
        """(cell, account or None when closed) of every cell opened or closed since the last call."""
        changes = [(cell, self._account.get(cell)) for cell in self._changed]
        self._changed.clear()
        return changes

    def _put(self, cell: CellId, account: str) -> None:
        self._account[cell] = account
        self._keys.setdefault((cell.processor, account), {})[cell.key] = None

    def _drop(self, cell: CellId) -> bool:
        account = self._account.pop(cell, None)
        if account is None:
            return False
        keys = self._keys[cell.processor, account]
        del keys[cell.key]
        if not keys:
            del self._keys[cell.processor, account]
        return True
