"""Imports into a log on Kafka: what was imported is read in the journal, what is new is queued in its order."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.event import Data, Event
from streams.history.journal_door import JournalDoor
from streams.kafka.intake import IntakeDoor
from streams.kafka.journal_reader import JournalReader
from streams.sequencer import Taken

_READ_RECORDS = 2_000


class KafkaHistoryDoor(JournalDoor):
    """The import's door over an intake door and a reader of the journal.

    What an earlier import queued and no sequencer took yet is queued again, and is then a duplicate.
    """

    def __init__(self, door: IntakeDoor, reader: JournalReader) -> None:
        super().__init__(_QueuedJournal(door, reader), door.clock)


class _QueuedJournal:
    def __init__(self, door: IntakeDoor, reader: JournalReader) -> None:
        self._door = door
        self._reader = reader
        self._own: dict[str, set[str]] = {}
        self.end = reader.end
        self.refuse_inputs = door.refuse_inputs

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        return self._reader.read(tenant, after, limit)

    def knows(self, tenant: str, id: str) -> bool:
        own = self._own.get(tenant)
        if own is None:
            own = self._own[tenant] = self._own_ids(tenant)
        return id in own

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Taken]:
        return self._door.take(tenant, raws, origin=origin, backfill=True)

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        self._door.record(tenant, data, id=id, occurred_at=occurred_at)

    def _own_ids(self, tenant: str) -> set[str]:
        found: set[str] = set()
        position = 0
        while events := self._reader.read(tenant, position, _READ_RECORDS):
            found.update(event.id for event in events if event.source == "millrace")
            position = events[-1].position
        return found
