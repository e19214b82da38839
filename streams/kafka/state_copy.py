"""The cells that answers are read from, copied into a file from where those who fold elsewhere keep them.

Workers save every cell as a row of the topic `state`, a Flink job those that are looked up as rows of `cells`. The copy
is a cache like the topics themselves: it takes rows as they come, each over an older one, and the offsets with them in
one transaction; where a topic was made anew it forgets what it had of it and begins again.

A row may stand here before its batch is saved whole. That is no harm: what follows from the journal is decided, and
whoever folds it again gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from processors.contract import Processor
from streams.batch import CellId
from streams.cells import looked_up
from streams.database import Database
from streams.kafka.following import Place, Record
from streams.table_store import cell_key, newest_of, processor_of

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (
    key BLOB NOT NULL, topic TEXT NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL, state BLOB,
    PRIMARY KEY (key, topic)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, made TEXT NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
"""
_WRITE: Final = (
    "INSERT INTO rows VALUES (?, ?, ?, ?, ?) ON CONFLICT (key, topic) DO UPDATE SET epoch = excluded.epoch, "
    "at = excluded.at, state = excluded.state WHERE (excluded.epoch, excluded.at) >= (epoch, at)"
)
# No byte of UTF-8: behind every name of a part.
_BEHIND: Final = b"\xff"


class StateCopy:
    """The cells of the catalog's looked-up processors in one file, which one process feeds at a time: a `Taker`."""

    name = "cells"
    refused = 0

    def __init__(self, path: Path, catalog: Sequence[Processor[Any]]) -> None:
        self._database = Database(path)
        self._database.create(_SCHEMA)
        self._names = looked_up(catalog)

    def begins(self, place: Place) -> int | None:
        """After the last row taken; the first row where the topic, or what is copied of it, is another by now."""
        made = self._made(place)
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM places WHERE topic = ? AND made != ?", (place.name, made)).fetchone():
                connection.execute("DELETE FROM rows WHERE topic = ?", (place.name,))
                connection.execute("DELETE FROM places WHERE topic = ?", (place.name,))
            asked = "SELECT next FROM places WHERE topic = ? AND partition = ?"
            found = connection.execute(asked, (place.name, place.partition)).fetchone()
        return int(found[0]) if found else 0

    def take(self, records: Sequence[Record]) -> None:
        """Keeps the rows of cells that are looked up."""
        ends = {one.place: one.offset + 1 for one in records}
        with self._database.transaction() as connection:
            for place, _, key, value in records:
                if processor_of(key) not in self._names:
                    continue
                if value:
                    connection.execute(_WRITE, (key, place.name, *newest_of(value)))
                else:
                    connection.execute("DELETE FROM rows WHERE key = ? AND topic = ?", (key, place.name))
            reached = [(place.name, place.partition, self._made(place), end) for place, end in ends.items()]
            connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", reached)

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        """The parts of a cell, as the one who folded furthest keeps them; None where it has seen nothing."""
        prefix = cell_key(tenant, cell)
        asked = "SELECT key, state FROM rows WHERE key BETWEEN ? AND ? ORDER BY at"
        rows = self._database.reader().execute(asked, (prefix, prefix + _BEHIND)).fetchall()
        parts = {key[len(prefix) :].decode(): state for key, state in rows}
        return {part: state for part, state in parts.items() if state is not None} or None

    def is_empty(self) -> bool:
        """Whether nothing of what is kept elsewhere has come yet."""
        return self._database.reader().execute("SELECT 1 FROM rows LIMIT 1").fetchone() is None

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def _made(self, place: Place) -> str:
        return f"{place.topic_id} {','.join(sorted(self._names))}"
