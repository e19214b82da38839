"""The outbox: what sinks are to be told, durable with the fold that says it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from sinks.contract import Numbered, Packed, Statement, pack_rows, unpack
from streams.batch import PackedSaid, Said
from streams.database import Database

# A row holds the statements of one save up to its token, at most so many: one insert instead of hundreds.
MOST_IN_ROW: Final = 512

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (token INTEGER PRIMARY KEY AUTOINCREMENT, statements BLOB NOT NULL)
"""


class Outbox:
    """Statements by token, dense and rising; a token is never given twice, trimmed or not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_SCHEMA)

    @contextmanager
    def saying(self) -> Iterator[Saying]:
        """A write transaction in which statements may be said; sinks see them once it is committed, in order."""
        with self._database.transaction() as connection:
            saying = Saying(connection, self.end(connection))
            yield saying
            saying.write()

    def statements(self, after: int, limit: int) -> list[Statement]:
        """The next statements after a token."""
        return unpack(self.packed(after, limit), after)[:limit]

    def packed(self, after: int, limit: int) -> list[Packed]:
        """The rows that hold the next statements after a token, about `limit` of them; the first may begin before."""
        found: list[Packed] = []
        rows = self._database.reader().execute(
            "SELECT token, statements FROM outbox WHERE token > ? ORDER BY token", (after,)
        )
        # A cursor left open would keep the write-ahead log from being carried into the file.
        with closing(rows):
            for token, statements in rows:
                found.append(Packed(token, statements))
                if token - after >= limit:
                    break
        return found

    def end(self, connection: sqlite3.Connection | None = None) -> int:
        """The last token given, 0 before the first."""
        asked = self._database.reader() if connection is None else connection
        row = asked.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        return row[0] if row else 0

    def trim(self, up_to: int) -> None:
        """Forgets statements that every sink has, row by row."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE token <= ?", (up_to,))


class Saying:
    """Statements of one transaction, numbered on from the last token."""

    def __init__(self, connection: sqlite3.Connection, end: int) -> None:
        self.connection = connection
        self._rows: list[Numbered] = []
        self._next = end + 1

    def say(self, tenant: str, generation: int, said: Sequence[Said | PackedSaid]) -> None:
        """Adds what a tenant's fold says."""
        first = self._next
        self._rows += [(token, tenant, generation, *one) for token, one in enumerate(said, first)]
        self._next = first + len(said)

    def write(self) -> None:
        """Puts everything said into the table."""
        rows = self._rows
        self.connection.executemany(
            "INSERT INTO outbox (token, statements) VALUES (?, ?)",
            [
                (run[-1][0], pack_rows(run))
                for run in (rows[start : start + MOST_IN_ROW] for start in range(0, len(rows), MOST_IN_ROW))
            ],
        )
