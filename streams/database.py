"""The embedded database file: one writer at a time, any number of readers."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

# The writer looks cells up in the same file again and again; readers read on from where they were, once.
_WRITER_CACHE_KIB = 65_536
_READER_CACHE_KIB = 4_096
# 32 MB: a page that one batch after the other changes is copied into the file once, not once a batch.
_CHECKPOINT_PAGES = 8_192


# Rows of one INSERT, largest first: the interpreter is left once a statement instead of once a row.
_ROWS_AT_ONCE = (512, 64, 8, 1)


class Database:
    """One SQLite file in WAL mode with `synchronous=FULL`: what a transaction wrote is on disk when it ends.

    `transaction` serialises writers of this process; other processes are kept out by the home folder's lock.
    """

    def __init__(self, path: Path) -> None:
        fresh = not path.exists()
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path = path
        self._writer = self._connect(_WRITER_CACHE_KIB)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed and on disk when the block ends, rolled back when it raises."""
        with self._lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[sqlite3.Connection]:
        """A write transaction that also sees another database file under a name."""
        with self._lock:
            self._writer.execute(f"ATTACH DATABASE ? AS {name}", (str(path),))
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    self._writer.execute("ROLLBACK")
                    raise
            finally:
                self._writer.execute(f"DETACH DATABASE {name}")

    def create(self, schema: str) -> None:
        """Creates tables and indexes that are not there yet."""
        with self._lock:
            self._writer.executescript(schema)

    def find(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows of a short look-up through the writer's connection, whose page cache outlives commits.

        It waits for a transaction of another thread to end, so it is for the fold alone.
        """
        with self._lock:
            return self._writer.execute(sql, parameters).fetchall()

    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect(_READER_CACHE_KIB)
            connection.execute("PRAGMA query_only=ON")
            self._readers.append(connection)
        return connection

    def close(self) -> None:
        """Closes every connection. No thread may use the database after it."""
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()

    def _connect(self, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{cache_kib}")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[Sequence[object]]) -> None:
    """Inserts rows of equal width, hundreds to a statement; `into` is all of it before VALUES."""
    at = 0
    for size in _ROWS_AT_ONCE:
        while len(rows) - at >= size:
            values = [value for row in rows[at : at + size] for value in row]
            connection.execute(_insertion(into, len(rows[at]), size), values)
            at += size


@cache
def _insertion(into: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * rows)}"
