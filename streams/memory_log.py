"""A journal that lasts as long as the process: the twin of the real ones, for tests and trials."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from schemas.decode import decode
from schemas.event import Event
from streams.failures import JournalGap
from streams.log import Letter, Written
from streams.partition import DEFAULT_PARTITIONS, partition_of
from streams.seen_ids import Entry, SeenIds, Verdict


class MemoryLog:
    """Implements the log contract in memory; ids are recognised by the same code as on disk."""

    def __init__(self, partitions: int = DEFAULT_PARTITIONS) -> None:
        self.partitions = partitions
        self._by_partition: list[dict[str, list[bytes]]] = [{} for _ in range(partitions)]
        self._letters: dict[tuple[str, str], Letter] = {}
        self._ids = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._seen = SeenIds(self._ids)

    @contextmanager
    def appending(self) -> Iterator[_MemoryAppending]:
        self._ids.execute("BEGIN")
        appending = _MemoryAppending(self, self._seen)
        try:
            yield appending
        except BaseException:
            self._ids.execute("ROLLBACK")
            raise
        self._ids.execute("COMMIT")
        for record in appending.records:
            self._values(record.tenant).append(record.value)
        for letter in appending.kept:
            self._keep(letter)

    def tenants(self) -> Sequence[str]:
        return sorted(tenant for partition in self._by_partition for tenant, values in partition.items() if values)

    def end(self, tenant: str) -> int:
        return len(self._by_partition[partition_of(tenant, self.partitions)].get(tenant, ()))

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        return [decode(value) for value in self._values(tenant)[after : after + limit]]

    def refusals(self, tenant: str) -> list[Event]:
        return [event for event in self.read(tenant, 0, self.end(tenant)) if event.type == "record.refused"]

    def letters(self, tenant: str, limit: int = 1_000_000) -> list[Letter]:
        found = [letter for (owner, _), letter in self._letters.items() if owner == tenant]
        return sorted(found, key=lambda letter: letter.kept_at)[:limit]

    def letter(self, tenant: str, letter: str) -> Letter | None:
        return self._letters.get((tenant, letter))

    def mark_redriven(self, tenant: str, letter: str, at: int) -> None:
        self._letters[tenant, letter] = self._letters[tenant, letter]._replace(redriven_at=at)

    def close(self) -> None:
        self._ids.close()

    def _values(self, tenant: str) -> list[bytes]:
        return self._by_partition[partition_of(tenant, self.partitions)].setdefault(tenant, [])

    def _keep(self, letter: Letter) -> None:
        before = self._letters.get((letter.tenant, letter.letter))
        if before is not None:
            times = before.times + letter.times
            letter = before._replace(times=times, detail=letter.detail, reason=letter.reason)
        self._letters[letter.tenant, letter.letter] = letter


class _MemoryAppending:
    def __init__(self, log: MemoryLog, seen: SeenIds) -> None:
        self._log = log
        self._seen = seen
        self._ends: dict[str, int] = {}
        self.records: list[Written] = []
        self.kept: list[Letter] = []

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        return self._seen.check(entries)

    def append(self, records: Sequence[Written]) -> None:
        for record in records:
            end = self._ends.get(record.tenant)
            expected = (self._log.end(record.tenant) if end is None else end) + 1
            if record.position != expected:
                raise JournalGap(record.tenant, expected, record.position)
            self._ends[record.tenant] = record.position
        self.records.extend(records)

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        if entries:
            self._seen.add(entries, recorded_at, is_usage=usage)

    def keep(self, letters: Sequence[Letter]) -> None:
        self.kept.extend(letters)
