"""The workers' table: one RocksDB per partition, and beside each row the offset of the changelog it is as of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

import faust
from faust.tables.table import Table
from faust.types import EventT
from rocksdict import WriteBatch

from streams.table_store import Change, newer

# One store per partition of a worker, so each is small.
_OPTIONS: Final = {
    "driver": "rocksdict",
    "block_cache_size": 16 << 20,
    "write_buffer_size": 8 << 20,
    "target_file_size_base": 16 << 20,
    "bloom_filter_size": 10,
}


class StateTable(Table[bytes, bytes]):
    """A table that its worker writes itself, after the changelog has confirmed; Faust reads it back on a rebalance.

    What a replaced writer sent late is passed over; `passed_over` names the keys by partition, for the changelog's last
    word on them is the wrong one until it is said again.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.passed_over: dict[int, dict[bytes, None]] = {}

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Takes rows out of the changelog, as Faust hands them over."""
        for event in batch:
            message = event.message
            self.recover(message.partition, [(message.key or b"", message.value)], message.offset)

    def recover(self, partition: int, changes: Sequence[Change], end: int) -> None:
        """Takes rows out of the changelog, the last of which stands at an offset."""
        for key in self.rows(partition).merge(changes, end):
            self.passed_over.setdefault(partition, {})[key] = None

    def rows(self, partition: int) -> DiskRows:
        """The rows of one partition that is assigned to this worker."""
        return DiskRows(self.data, partition)


def state_table(app: faust.App, topic: str, partitions: int) -> StateTable:
    """The table whose changelog is this topic."""
    changelog = app.topic(
        topic,
        key_serializer="raw",
        value_serializer="raw",
        key_type=bytes,
        value_type=bytes,
        partitions=partitions,
        acks=False,
        internal=True,
        allow_empty=True,
        maxsize=131_072,
    )
    table = app.Table(
        "state",
        key_type=bytes,
        value_type=bytes,
        partitions=partitions,
        changelog_topic=changelog,
        recovery_buffer_size=2_000,
        options=dict(_OPTIONS),
    )
    return cast(StateTable, table)


class DiskRows:
    """The rows of one partition. The database is asked for each time: Faust closes it when the partition goes."""

    def __init__(self, store: Any, partition: int) -> None:
        self._store = store
        self._partition = partition

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._database.get(key)
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key, value in self._database.items(from_key=prefix):
            if not key.startswith(prefix):
                return
            yield key, value

    def write(self, changes: Iterable[Change], end: int) -> None:
        """Writes rows, and that the changelog is known up to an offset; all or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self._store.offset_key, str(end).encode())
        self._database.write(batch)

    def merge(self, changes: Sequence[Change], end: int) -> list[bytes]:
        """Like `write`, except for rows that are older than what is there; the keys of those."""
        kept: dict[bytes, bytes | None] = {}
        lost: list[bytes] = []
        for key, value in changes:
            before = kept[key] if key in kept else self.get(key)
            if before is None or value is None or newer(before, value):
                kept[key] = value
            else:
                lost.append(key)
        self.write(kept.items(), end)
        return lost

    @property
    def end(self) -> int:
        """The offset up to which the changelog is known, -1 before its first row."""
        found = self._database.get(self._store.offset_key)
        return -1 if found is None else int(found)

    @property
    def _database(self) -> Any:
        return self._store._db_for_partition(self._partition)  # noqa: SLF001 - a table offers rows of its current event only
