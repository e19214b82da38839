"""The journal of a log on Kafka, as a pull reads and writes it: what is new is queued in its order.

What was queued and no sequencer took yet is not known, so a pull that follows at once queues it again; it is a
duplicate then, for ids name what happened.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.event import Data, Event
from streams.history.door import Outcome
from streams.kafka.intake import IntakeDoor
from streams.kafka.journal_reader import JournalReader


class QueuedJournal:
    """A pull's journal over an intake door and a reader of the journal."""

    def __init__(self, door: IntakeDoor, reader: JournalReader) -> None:
        self._door = door
        self._reader = reader

    def end(self, tenant: str) -> int:
        return self._reader.end(tenant)

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        return self._reader.read(tenant, after, limit)

    def take(self, tenant: str, raws: Sequence[bytes], *, origin: str, backfill: bool) -> Sequence[Outcome]:
        return self._door.take(tenant, raws, origin=origin, backfill=backfill)

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> object:
        return self._door.record(tenant, data, id=id, occurred_at=occurred_at)
