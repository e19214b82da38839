"""The journal of the embedded runtime: rows of the database file, durable when an append ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zlib import crc32

from schemas.decode import decode
from schemas.event import Event
from streams.database import Database, insert
from streams.failures import FoldBroken, JournalDamaged, JournalEnded, JournalGap
from streams.log import Letter, Written
from streams.partition import DEFAULT_PARTITIONS, partition_of
from streams.seen_ids import Entry, SeenIds, Verdict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    tenant TEXT NOT NULL, position INTEGER NOT NULL, partition INTEGER NOT NULL, checksum INTEGER NOT NULL,
    type TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tenant, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS journal_refusals ON journal (tenant, position) WHERE type = 'record.refused';
CREATE TABLE IF NOT EXISTS log_settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letters (
    tenant TEXT NOT NULL, letter TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, "where" TEXT NOT NULL,
    origin TEXT NOT NULL, event_id TEXT, kept_at INTEGER NOT NULL, raw BLOB NOT NULL, times INTEGER NOT NULL,
    redriven_at INTEGER, PRIMARY KEY (tenant, letter)
);
"""
_LETTER = 'letter, tenant, reason, detail, "where", origin, event_id, kept_at, raw, times, redriven_at'


class SqliteLog:
    """Implements the log contract in a `Database`. The partition count is fixed when the log is created."""

    def __init__(
        self, database: Database, partitions: int = DEFAULT_PARTITIONS, *, ended_at: int | None = None
    ) -> None:
        """A log that `ended_at` an instant is only read: to append to it raises JournalEnded."""
        self._database = database
        self.ended_at = ended_at
        database.create(_SCHEMA)
        with database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO log_settings VALUES ('partitions', ?)", (partitions,))
            self._seen = SeenIds(connection)
        self._file = JournalFile(database)
        self.partitions = self._file.partitions()
        self._ends: dict[str, int] = {}

    @contextmanager
    def appending(self) -> Iterator[_SqliteAppending]:
        if self.ended_at is not None:
            raise JournalEnded(self.ended_at)
        with self._database.transaction() as connection:
            appending = _SqliteAppending(connection, self, self._seen)
            yield appending
        self._ends.update(appending.ends)

    def tenants(self) -> Sequence[str]:
        return self._file.tenants()

    def end(self, tenant: str) -> int:
        end = self._ends.get(tenant)
        if end is None:
            row = self._database.reader().execute("SELECT max(position) FROM journal WHERE tenant = ?", (tenant,))
            # An append that ended meanwhile knows better than what was read here.
            end = self._ends.setdefault(tenant, row.fetchone()[0] or 0)
        return end

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        return self._file.read(tenant, after, limit)

    def refusals(self, tenant: str) -> list[Event]:
        rows = self._database.reader().execute(
            "SELECT position, checksum, value FROM journal WHERE tenant = ? AND type = 'record.refused' "
            "ORDER BY position",
            (tenant,),
        )
        return [_checked(tenant, *row) for row in rows]

    def letters(self, tenant: str, limit: int = 1_000_000) -> list[Letter]:
        rows = self._database.reader().execute(
            f"SELECT {_LETTER} FROM dead_letters WHERE tenant = ? ORDER BY kept_at, rowid LIMIT ?",  # noqa: S608
            (tenant, limit),
        )
        return [Letter(*row) for row in rows]

    def letter_tenants(self) -> Sequence[str]:
        """Every tenant with a dead letter, sorted."""
        rows = self._database.reader().execute("SELECT DISTINCT tenant FROM dead_letters ORDER BY tenant")
        return [tenant for (tenant,) in rows]

    def letter(self, tenant: str, letter: str) -> Letter | None:
        row = (
            self._database.reader()
            .execute(f"SELECT {_LETTER} FROM dead_letters WHERE tenant = ? AND letter = ?", (tenant, letter))  # noqa: S608
            .fetchone()
        )
        return Letter(*row) if row else None

    def mark_redriven(self, tenant: str, letter: str, at: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE dead_letters SET redriven_at = ? WHERE tenant = ? AND letter = ?", (at, tenant, letter)
            )

    def digests(self, ids: Sequence[tuple[str, str, str]]) -> list[bytes | None]:
        """What repeats of each (tenant, source, id) are compared by; None for ids that are not remembered any more."""
        with self._database.transaction():
            return self._seen.digests(ids)

    def expire_ids(self, before: int, usage_before: int) -> None:
        """Forgets ids recorded before these instants."""
        with self._database.transaction():
            self._seen.expire(before, usage_before)

    def close(self) -> None:
        self._database.close()


class JournalFile:
    """The records of a database file, for who only reads it, perhaps beside the process that writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tenants(self) -> list[str]:
        """Every tenant with a record, sorted."""
        # A loose scan: one index seek per tenant instead of a walk over every record.
        found: list[str] = []
        reader = self._database.reader()
        while row := reader.execute(
            "SELECT tenant FROM journal WHERE tenant > ? ORDER BY tenant LIMIT 1", (found[-1] if found else "",)
        ).fetchone():
            found.append(row[0])
        return found

    def partitions(self) -> int:
        """As the log was created."""
        reader = self._database.reader()
        (partitions,) = reader.execute("SELECT value FROM log_settings WHERE name = 'partitions'").fetchone()
        return int(partitions)

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        """The tenant's next records after a position, in order. Raises JournalDamaged for a record that changed."""
        rows = self._database.reader().execute(
            "SELECT position, checksum, value FROM journal WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?",
            (tenant, after, limit),
        )
        return [_checked(tenant, *row) for row in rows]


def _checked(tenant: str, position: int, checksum: int, value: bytes) -> Event:
    if crc32(value) != checksum:
        raise JournalDamaged(tenant, position)
    event = decode(value)
    if event.tenant != tenant or event.position != position:
        raise FoldBroken(f"the record {tenant}/{position} says it is {event.tenant}/{event.position}")
    return event


class _SqliteAppending:
    def __init__(self, connection: sqlite3.Connection, log: SqliteLog, seen: SeenIds) -> None:
        self._connection = connection
        self._log = log
        self._seen = seen
        self.ends: dict[str, int] = {}

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        return self._seen.check(entries)

    def append(self, records: Sequence[Written]) -> None:
        partitions = self._log.partitions
        for tenant, position, _, _ in records:
            end = self.ends.get(tenant)
            expected = (self._log.end(tenant) if end is None else end) + 1
            if position != expected:
                raise JournalGap(tenant, expected, position)
            self.ends[tenant] = position
        insert(
            self._connection,
            "INSERT INTO journal (tenant, position, partition, checksum, type, value)",
            [
                (tenant, position, partition_of(tenant, partitions), crc32(value), type_, value)
                for tenant, position, type_, value in records
            ],
        )

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        if entries:
            self._seen.add(entries, recorded_at, is_usage=usage)

    def keep(self, letters: Sequence[Letter]) -> None:
        self._connection.executemany(
            f"INSERT INTO dead_letters ({_LETTER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
            "ON CONFLICT (tenant, letter) DO UPDATE SET times = times + excluded.times, detail = excluded.detail, "
            "reason = excluded.reason",
            letters,
        )
