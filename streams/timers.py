"""A tenant's timers: which cell wakes next, in one order for every run."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from streams.batch import CellId


class Due(NamedTuple):
    """A timer that is due; the fields are its order."""

    due: int
    cell: CellId
    name: str


class TimerQueue:
    """Timers by (due, cell, name). Changes are remembered until `take_changes`."""

    def __init__(self, saved: Iterable[tuple[CellId, str, int]] = ()) -> None:
        self._due: dict[tuple[CellId, str], int] = {(cell, name): due for cell, name, due in saved}
        # Entries whose due differs from the one in `_due` were replaced or cancelled, and are skipped.
        self._heap = sorted(Due(due, cell, name) for (cell, name), due in self._due.items())
        self._held: list[Due] = []
        self._held_until: int | None = None
        self._changed: dict[tuple[CellId, str], None] = {}
        self._fired_at: int | None = None
        self._postponed: list[Due] = []

    def __len__(self) -> int:
        return len(self._due)

    def items(self) -> Iterable[tuple[CellId, str, int]]:
        """Every timer, in no particular order."""
        return ((cell, name, due) for (cell, name), due in self._due.items())

    def put(self, cell: CellId, name: str, due: int) -> None:
        """Sets the timer, replacing one of the same cell and name.

        One that is set while timers fire, for no later than the one that fires, would fire for ever within one record:
        it waits for `settle`.
        """
        if self._fired_at is not None and due <= self._fired_at:
            self.cancel(cell, name)
            self._postponed.append(Due(due, cell, name))
            return
        if self._due.get((cell, name)) == due:
            return
        self._due[cell, name] = due
        self._changed[cell, name] = None
        self._place(Due(due, cell, name))

    def cancel(self, cell: CellId, name: str) -> None:
        """Forgets the timer, if there is one."""
        if self._due.pop((cell, name), None) is not None:
            self._changed[cell, name] = None

    def next_due(self) -> int | None:
        """The instant of the earliest timer that may fire."""
        while self._heap:
            top = self._heap[0]
            if self._due.get((top.cell, top.name)) == top.due:
                return top.due
            heappop(self._heap)
        return None

    def may_be_due(self, clock: int) -> bool:
        """False when certainly no timer is due at or before the clock; quicker than to look for one."""
        return bool(self._heap) and self._heap[0].due <= clock

    def pop(self, clock: int) -> Due | None:
        """Takes out the earliest timer due at or before the clock."""
        due = self.next_due()
        if due is None or due > clock:
            return None
        top = heappop(self._heap)
        del self._due[top.cell, top.name]
        self._changed[top.cell, top.name] = None
        self._fired_at = top.due
        return top

    def settle(self) -> None:
        """All that was due has fired: timers that were postponed meanwhile may fire from the next record on."""
        self._fired_at = None
        postponed, self._postponed = self._postponed, []
        for due in postponed:
            self.put(due.cell, due.name, due.due)

    def hold(self, until: int) -> None:
        """From now on timers due at or before this instant wait for `release`."""
        self._held_until = until
        waiting, self._heap = self._heap, []
        for due in waiting:
            self._place(due)

    def release(self) -> None:
        """Lets the timers that were held fire."""
        self._held_until = None
        held, self._held = self._held, []
        for due in held:
            self._place(due)

    def take_changes(self) -> list[tuple[CellId, str, int | None]]:
        """(cell, name, due or None when gone) of every timer changed since the last call."""
        changes = [(cell, name, self._due.get((cell, name))) for cell, name in self._changed]
        self._changed.clear()
        return changes

    def _place(self, due: Due) -> None:
        if self._held_until is not None and due.due <= self._held_until:
            self._held.append(due)
        else:
            heappush(self._heap, due)
