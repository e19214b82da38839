"""One partition of the journal as a worker has it: its fold, its saved rows, and where it is read on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from processors.contract import Processor
from schemas.event import Event
from streams.carriage import Carriage
from streams.engine import Engine
from streams.partition_fold import MOST_HELD, Outcome, PartitionFold
from streams.runtimes.faust.table import DiskRows
from streams.table_store import Place, TableStore


class _Seen(NamedTuple):
    event: Event
    place: Place


class OpenPartition:
    """One partition of the journal: its fold, its saved rows, and where it is read on."""

    def __init__(
        self,
        number: int,
        rows: DiskRows,
        catalog: Sequence[Processor[Any]],
        most_cells: int,
        most_held: int = MOST_HELD,
    ) -> None:
        self.number = number
        self.rows = rows
        self.store = TableStore(rows, catalog)
        self.engine = Engine(catalog, self.store, most_cells)
        self.fold = PartitionFold(number, self.engine, most_held=most_held)
        self.waiting: deque[Any] = deque()
        self.place = self.store.place()
        self.next_offset = self.place.offset
        self.rewinding = self.stopped = False
        self._held: dict[str, Place] = {}
        self._carriage = Carriage()
        self.restore()

    def restore(self) -> None:
        """Reads on from the place that is saved."""
        ends = {tenant: self.engine.position(tenant) for tenant in self.store.tenants()}
        self._carriage = Carriage(self.place.carried, ends)
        self._held.clear()
        self.waiting.clear()
        self.next_offset = self.place.offset
        self.fold.rewind()

    def offer(self, records: Sequence[Any]) -> int:
        """Takes fetched records that follow what came before; how many. Where some are missing, `rewinding` is set.

        What a fetch brings that was under way during a rebalance is thrown away by Faust, and what was asked for before
        a seek may come after it: until what is wanted comes, everything else is passed over.
        """
        if self.stopped:
            return 0
        if records[0].offset < self.next_offset:
            records = [record for record in records if record.offset >= self.next_offset]
        if not records:
            return 0
        self.rewinding = records[0].offset != self.next_offset
        if self.rewinding:
            return 0
        self.next_offset = records[-1].offset + 1
        self.waiting.extend(records)
        return len(records)

    def take(self, most: int) -> tuple[int, Outcome]:
        """Folds the next records that wait; how many there were, and what follows."""
        seen: list[_Seen] = []
        count = min(most, len(self.waiting))
        place = self.place
        for _ in range(count):
            record = self.waiting.popleft()
            place = Place(0, record.offset, self._carriage.epoch)
            event = self._carriage.take(None, record.value)
            if event is not None:
                seen.append(_Seen(event, place))
        outcome = self.fold.take([one.event for one in seen])
        if outcome.stopped is None and not outcome.rewind:
            self._move_on(seen, place.offset + 1, outcome)
        return count, outcome

    def _move_on(self, seen: Sequence[_Seen], offset: int, outcome: Outcome) -> None:
        again = {event.tenant: event for event in outcome.held}
        for tenant in outcome.released:
            # One that is held back again at once may wait for a record of an earlier round: it keeps its place.
            if tenant not in again:
                del self._held[tenant]
        for tenant, event in again.items():
            if tenant not in self._held:
                self._held[tenant] = next(one.place for one in seen if one.event is event)
        reached = Place(0, offset, self._carriage.epoch)
        self.place = min((*self._held.values(), reached), key=lambda place: place.offset)
