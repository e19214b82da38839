"""Reading the journal by tenant and position, whoever writes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from schemas.event import Event
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.headers import type_of
from streams.kafka.journal_index import JournalIndex
from streams.kafka.ranges import available, checked_end, records, records_of_all
from streams.kafka.reading import bounds_of
from streams.partition import partition_of


class JournalReader:
    """Every answer is of the journal as it is when asked. Each partition is scanned once, at its first question.

    Thread-safe: questions are answered one after another. Raises RecordsLost where a partition does not begin at its
    first record any more, or ends before what was read of it; JournalGap, BrokerUnreachable.
    """

    def __init__(self, address: Address, partitions: int) -> None:
        self._topic = address.topic("journal")
        self._partitions = partitions
        self._consumer = client.consumer(address)
        self._admin = client.admin(address)
        self._lock = threading.Lock()
        self._indexes = [JournalIndex() for _ in range(partitions)]

    def tenants(self) -> Sequence[str]:
        """Every tenant with a record, sorted."""
        with self._lock:
            self._catch_up_all()
            return sorted(tenant for index in self._indexes for tenant in index.tenants())

    def ends(self) -> dict[str, int]:
        """The last position of every tenant."""
        with self._lock:
            self._catch_up_all()
            return {tenant: index.end(tenant) for index in self._indexes for tenant in index.tenants()}

    def end(self, tenant: str) -> int:
        """The tenant's last position, 0 where it has none."""
        with self._lock:
            return self._caught_up(partition_of(tenant, self._partitions)).end(tenant)

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        """The tenant's next records after a position, in order."""
        with self._lock:
            return self._read(tenant, after, limit)

    def refusals(self, tenant: str) -> list[Event]:
        """The tenant's `record.refused` records, in order."""
        with self._lock:
            positions = self._caught_up(partition_of(tenant, self._partitions)).refused(tenant)
            return [event for position in positions for event in self._read(tenant, position - 1, 1)]

    def close(self) -> None:
        with self._lock:
            self._consumer.close()

    def _read(self, tenant: str, after: int, limit: int) -> list[Event]:
        partition = partition_of(tenant, self._partitions)
        index = self._caught_up(partition)
        wanted = min(index.end(tenant) - after, limit)
        if wanted <= 0:
            return []
        found: list[Event] = []
        for event in self._from(index, partition, tenant, after + 1):
            if event.position > after:
                found.append(event)
                if len(found) == wanted:
                    break
        return found

    def _from(self, index: JournalIndex, partition: int, tenant: str, position: int) -> Iterator[Event]:
        start, key = index.start(tenant, position), tenant.encode()
        for message in records(self._consumer, self._topic, partition, start.offset, index.next_offset):
            # A writer's beginning has no key, and decides what holds of the tenant's records.
            if message.key() in (key, None, b""):
                event = start.carriage.take(type_of(client.raw_headers_of(message)), message.value() or b"")
                if event is not None:
                    yield event

    def _catch_up_all(self) -> None:
        spans: dict[int, tuple[int, int]] = {}
        for partition, (low, high) in bounds_of(self._admin, self._topic, range(self._partitions)).items():
            start = self._indexes[partition].next_offset
            spans[partition] = (start, checked_end(self._topic, partition, start, low, high))
        for message in records_of_all(self._consumer, self._topic, spans):
            type_ = type_of(client.raw_headers_of(message))
            self._indexes[message.partition() or 0].add(message.offset() or 0, type_, message.value() or b"")

    def _caught_up(self, partition: int) -> JournalIndex:
        index = self._indexes[partition]
        end = available(self._consumer, self._topic, partition, index.next_offset)
        for message in records(self._consumer, self._topic, partition, index.next_offset, end):
            type_ = type_of(client.raw_headers_of(message))
            index.add(message.offset() or 0, type_, message.value() or b"")
        return index
