"""Has this id been here before, and did it say the same then?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from enum import StrEnum
from hashlib import blake2b

import numpy as np

from streams.id_filter import IdFilter
from streams.id_runs import (
    CHUNKS_SCHEMA,
    DIGEST_BYTES,
    KEY_BYTES,
    RECORD_BYTES,
    RUNS_SCHEMA,
    Found,
    Run,
    RunReader,
    drop_run,
    found_in,
    prefixes_of,
    read_run,
    write_run,
)

DEFAULT_RUN_RECORDS = 1 << 17
_SOURCES_KEPT = 100_000
_ALWAYS = -(1 << 63)
# The newest records, one row an `add`; they move into a run once there are enough of them.
_RECENT_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_id_recent (row INTEGER PRIMARY KEY, is_usage INTEGER NOT NULL, records BLOB NOT NULL)
"""
_STATE_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_id_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL,
    oldest_kept_at INTEGER NOT NULL, oldest_usage_kept_at INTEGER NOT NULL
)
"""

Entry = tuple[str, str, str, bytes]  # tenant, source, id, the content's 8-byte digest


class Verdict(StrEnum):
    """What an id is: never seen, seen with this content, or seen with another."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class _Recent:
    """The records of one class that are not in a run yet."""

    def __init__(self) -> None:
        self.by_key: dict[bytes, bytes] = {}
        self.records = bytearray()

    def add(self, records: bytes) -> None:
        self.records += records
        self.by_key.update(
            (records[at : at + KEY_BYTES], records[at : at + RECORD_BYTES])
            for at in range(0, len(records), RECORD_BYTES)
        )


class SeenIds:
    """Recognises repeats by (tenant, source, id), inside the caller's transaction.

    Everything is read and written through the connection handed in, and nothing is ever committed or rolled back
    here; after a rollback the next call notices and reads back what holds. Ids are told apart by 16-byte hashes.
    Memory: about 12 bytes an id plus 60 MB at most for the newest ids. One instance per connection; not thread-safe.
    """

    def __init__(self, connection: sqlite3.Connection, *, run_records: int = DEFAULT_RUN_RECORDS) -> None:
        """Create the tables if absent and read the runs' prefixes (about a second for 10 million ids)."""
        if run_records < 1:
            raise ValueError(f"run_records must be at least 1, got {run_records}")
        self._connection = connection
        self._run_records = run_records
        self._sources: dict[tuple[str, str], bytes] = {}
        self._runs: list[Run] = []
        self._filter = IdFilter()
        self._oldest_kept_at: tuple[int, int] = (_ALWAYS, _ALWAYS)
        for statement in (CHUNKS_SCHEMA, RUNS_SCHEMA, _RECENT_SCHEMA, _STATE_SCHEMA):
            connection.execute(statement)
        self._dropped = 0
        self._next_number = 1
        self._last_revision = 0
        self._read_back()

    def check(self, entries: Sequence[Entry]) -> list[Verdict]:
        """Return a verdict for each entry, in order, repeats within `entries` included; remembers nothing.

        Of several new entries with one id the first is new, the others are compared with it.
        """
        self._synchronise()
        keys = self._keys(entries)
        stored = self._stored(keys)
        verdicts = []
        for key, entry in zip(keys, entries, strict=True):
            digest = entry[3]
            known = stored.get(key)
            if known is None:
                stored[key] = digest
                verdicts.append(Verdict.NEW)
            else:
                verdicts.append(Verdict.DUPLICATE if known == digest else Verdict.CONFLICT)
        return verdicts

    def digests(self, ids: Sequence[tuple[str, str, str]]) -> list[bytes | None]:
        """Return what is remembered of each (tenant, source, id): its content's digest, None where nothing is."""
        self._synchronise()
        keys = self._keys([(*one, b"") for one in ids])
        stored = self._stored(keys)
        return [stored.get(key) for key in keys]

    def add(self, entries: Sequence[Entry], recorded_at_us: int, *, is_usage: bool = False) -> None:
        """Remember entries of one class, recorded at that instant; an id added again is overwritten.

        Raises ValueError for a digest that is not 8 bytes long, RuntimeError outside of a transaction.
        """
        if not entries:
            return
        self._need_transaction()
        self._synchronise()
        at = recorded_at_us.to_bytes(8, "big", signed=True)
        records = b"".join([key + entry[3] + at for key, entry in zip(self._keys(entries), entries, strict=True)])
        if len(records) != len(entries) * RECORD_BYTES or any(len(entry[3]) != DIGEST_BYTES for entry in entries):
            raise ValueError(f"every digest must be {DIGEST_BYTES} bytes long; take streams.digest.content_digest")
        self._begin_revision()
        self._connection.execute("INSERT INTO seen_id_recent (is_usage, records) VALUES (?, ?)", (is_usage, records))
        recent = self._recent[is_usage]
        recent.add(records)
        if len(recent.records) >= self._run_records * RECORD_BYTES:
            self._seal(is_usage)

    def expire(self, before_us: int, usage_before_us: int) -> None:
        """Forget ids recorded before these instants (usage: the second); later calls never bring one back.

        Takes effect at once for every verdict; the space comes back when a whole run has expired.
        """
        self._need_transaction()
        self._synchronise()
        oldest = (max(before_us, self._oldest_kept_at[0]), max(usage_before_us, self._oldest_kept_at[1]))
        if oldest == self._oldest_kept_at:
            return
        self._oldest_kept_at = oldest
        self._begin_revision()
        expired = [run for run in self._runs if run.newest_at < oldest[run.is_usage]]
        for run in expired:
            drop_run(self._connection, run.number)
            self._dropped += len(run.prefixes)
        if expired:
            self._runs = [run for run in self._runs if run.newest_at >= oldest[run.is_usage]]
            self._tidy_filter()

    def _keys(self, entries: Sequence[Entry]) -> list[bytes]:
        keys = []
        sources = self._sources
        for tenant, source, name, _ in entries:
            prefix = sources.get((tenant, source))
            if prefix is None:
                prefix = self._prefix(tenant, source)
            keys.append(blake2b(prefix + name.encode(), digest_size=KEY_BYTES).digest())
        return keys

    def _prefix(self, tenant: str, source: str) -> bytes:
        # lengths first, so that no two triples are written alike; the id comes last and needs none
        if len(self._sources) >= _SOURCES_KEPT:
            self._sources.clear()
        parts = [part.encode() for part in (tenant, source)]
        prefix = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
        self._sources[tenant, source] = prefix
        return prefix

    def _stored(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the digests of those keys that are known and not expired."""
        stored: dict[bytes, bytes] = {}
        for key, found in self._in_runs(keys):
            stored[key] = found.digest
        for is_usage in (False, True):
            by_key, oldest = self._recent[is_usage].by_key, self._oldest_kept_at[is_usage]
            if not by_key:
                continue
            for key in keys:
                record = by_key.get(key)
                if record is not None and (found := found_in(record)).recorded_at >= oldest:
                    stored[key] = found.digest
        return stored

    def _in_runs(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, Found]]:
        """Yield what the runs hold of the keys and has not expired, oldest run first."""
        if not self._runs or not keys:
            return
        prefixes = prefixes_of(keys)
        possible = self._filter.possible(prefixes)
        if not len(possible):
            return
        wanted = prefixes[possible]
        reader = RunReader(self._connection)
        for run in self._runs:
            places = np.searchsorted(run.prefixes, wanted)
            np.minimum(places, len(run.prefixes) - 1, out=places)
            for hit in np.flatnonzero(run.prefixes[places] == wanted).tolist():
                key = keys[possible[hit]]
                for found in reader.records(run, int(places[hit]), key):
                    if found.recorded_at >= self._oldest_kept_at[run.is_usage]:
                        yield key, found

    def _seal(self, is_usage: bool) -> None:
        records = bytes(self._recent[is_usage].records)
        run = write_run(self._connection, self._next_number, is_usage, records, self._oldest_kept_at[is_usage])
        self._next_number += 1
        self._connection.execute("DELETE FROM seen_id_recent WHERE is_usage = ?", (is_usage,))
        self._recent[is_usage] = _Recent()
        if run is not None:
            self._runs.append(run)
            self._filter.add(run.prefixes)
            self._tidy_filter()

    def _tidy_filter(self) -> None:
        held = sum(len(run.prefixes) for run in self._runs)
        if not self._filter.has_room or self._dropped > max(held, self._run_records):
            self._filter.rebuild(run.prefixes for run in self._runs)
            self._dropped = 0

    def _need_transaction(self) -> None:
        if self._connection.isolation_level is None and not self._connection.in_transaction:
            raise RuntimeError("seen ids change only inside a transaction of their owner; execute BEGIN first")

    def _begin_revision(self) -> None:
        # a number is never used twice by this instance, so an equal one on the disk means: nothing was rolled back
        self._last_revision += 1
        self._revision = self._last_revision
        self._connection.execute(
            "INSERT OR REPLACE INTO seen_id_state VALUES (1, ?, ?, ?)", (self._revision, *self._oldest_kept_at)
        )

    def _state(self) -> tuple[int, int, int]:
        row = self._connection.execute(
            "SELECT revision, oldest_kept_at, oldest_usage_kept_at FROM seen_id_state"
        ).fetchone()
        return (0, _ALWAYS, _ALWAYS) if row is None else (row[0], row[1], row[2])

    def _synchronise(self) -> None:
        if self._state()[0] != self._revision:
            self._read_back()

    def _read_back(self) -> None:
        """Take over what the tables hold: at the beginning, and after a rollback."""
        revision, oldest, oldest_usage = self._state()
        self._revision = revision
        self._last_revision = max(self._last_revision, revision)
        self._oldest_kept_at = (oldest, oldest_usage)
        self._recent = [_Recent(), _Recent()]
        for is_usage, records in self._connection.execute("SELECT is_usage, records FROM seen_id_recent ORDER BY row"):
            self._recent[is_usage].add(records)
        known = {run.number: run for run in self._runs}
        rows = self._connection.execute("SELECT run, is_usage, newest_at FROM seen_id_runs ORDER BY run").fetchall()
        self._runs = []
        for number, is_usage, newest_at in rows:
            run = known.get(number)
            self._runs.append(run or read_run(self._connection, number, bool(is_usage), newest_at))
        self._next_number = max(self._next_number, 1 + max((run.number for run in self._runs), default=0))
        self._filter.rebuild(run.prefixes for run in self._runs)
        self._dropped = 0
