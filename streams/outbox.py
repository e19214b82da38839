"""The outbox: what sinks are to be told, durable with the fold that says it, and the latest of it at hand in memory."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from sinks.contract import Packed, Statement, pack, unpack
from streams.batch import Said
from streams.database import Database

# A row holds the statements of one save up to its token, at most so many: one insert instead of hundreds.
MOST_IN_ROW: Final = 512
# Statements kept as the objects they are; a sink that is further behind reads the table.
MOST_AT_HAND: Final = 50_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (token INTEGER PRIMARY KEY AUTOINCREMENT, statements BLOB NOT NULL)
"""


class Outbox:
    """Statements by token, dense and rising; a token is never given twice, trimmed or not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_SCHEMA)
        self._saying = threading.Lock()
        self._at_hand: deque[list[Statement]] = deque()
        self._count = 0

    @contextmanager
    def saying(self) -> Iterator[Saying]:
        """A write transaction in which statements may be said; sinks see them once it is committed, in order."""
        with self._saying:
            with self._database.transaction() as connection:
                saying = Saying(connection, self.end(connection))
                yield saying
                saying.write()
            if saying.said:
                self._keep(saying.said)

    def statements(self, after: int, limit: int) -> list[Statement]:
        """The next statements after a token."""
        with self._saying:
            runs = list(self._at_hand)
        if not runs or after + 1 < runs[0][0].token:
            return self._read(after, limit)
        found: list[Statement] = []
        for run in runs:
            if run[-1].token > after:
                found += run[max(0, after + 1 - run[0].token) :]
                if len(found) >= limit:
                    break
        return found[:limit]

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
        with self._saying:
            while self._at_hand and self._at_hand[0][-1].token <= up_to:
                self._count -= len(self._at_hand.popleft())
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM outbox WHERE token <= ?", (up_to,))

    def _keep(self, said: list[Statement]) -> None:
        self._at_hand.append(said)
        self._count += len(said)
        while self._count > MOST_AT_HAND and len(self._at_hand) > 1:
            self._count -= len(self._at_hand.popleft())

    def _read(self, after: int, limit: int) -> list[Statement]:
        return unpack(self.packed(after, limit), after)[:limit]


class Saying:
    """Statements of one transaction, numbered on from the last token."""

    def __init__(self, connection: sqlite3.Connection, end: int) -> None:
        self.connection = connection
        self.said: list[Statement] = []
        self._next = end + 1

    def say(self, tenant: str, generation: int, said: Sequence[Said]) -> None:
        """Adds what a tenant's fold says."""
        first = self._next
        self.said += [
            Statement(token, tenant, generation, id_, kind, revision, at, fact)
            for token, (id_, kind, revision, at, fact) in enumerate(said, first)
        ]
        self._next = first + len(said)

    def write(self) -> None:
        """Puts everything said into the table."""
        said = self.said
        self.connection.executemany(
            "INSERT INTO outbox (token, statements) VALUES (?, ?)",
            [
                (run[-1].token, pack(run))
                for run in (said[start : start + MOST_IN_ROW] for start in range(0, len(said), MOST_IN_ROW))
            ],
        )
