"""How do millions of ids lie on the disk so that a new one costs no look-up?

A record is 32 bytes: a 16-byte key that is a uniform hash, an 8-byte digest, and the instant it was recorded. A run is
a few hundred thousand records sorted by key, written once in page-sized chunks and dropped as a whole. Memory holds
the first four bytes of every key of a run, sorted as well: the place of a hit in that array is its place on the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 16
DIGEST_BYTES = 8
RECORD_BYTES = KEY_BYTES + DIGEST_BYTES + 8
CHUNK_RECORDS = 120  # 3,840 bytes: one SQLite page of 4,096 takes a chunk without an overflow page
RUNS_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_id_runs (
    run INTEGER PRIMARY KEY, is_usage INTEGER NOT NULL, size INTEGER NOT NULL, newest_at INTEGER NOT NULL
)
"""
# Chunk c of run r lies at r * 2**20 + c: neighbours on the disk, found and dropped by range.
CHUNKS_SCHEMA = "CREATE TABLE IF NOT EXISTS seen_ids (place INTEGER PRIMARY KEY, records BLOB NOT NULL)"
_RUN_SHIFT = 20
_RECORD = np.dtype([("high", ">u8"), ("low", ">u8"), ("digest", f"V{DIGEST_BYTES}"), ("recorded_at", ">i8")])
_WHOLE = np.dtype(f"V{RECORD_BYTES}")

Prefixes = NDArray[np.uint32]


class Found(NamedTuple):
    """What a stored record says about an id."""

    digest: bytes
    recorded_at: int


class Run(NamedTuple):
    """One sorted, immutable run of records: its number, class, newest instant and the keys' first four bytes."""

    number: int
    is_usage: bool
    newest_at: int
    prefixes: Prefixes


def record_of(key: bytes, digest: bytes, recorded_at: int) -> bytes:
    """Return the 32 bytes that stand for one id."""
    return key + digest + recorded_at.to_bytes(8, "big", signed=True)


def found_in(record: bytes) -> Found:
    """Return what the 32 bytes say, key apart."""
    digest_end = KEY_BYTES + DIGEST_BYTES
    return Found(record[KEY_BYTES:digest_end], int.from_bytes(record[digest_end:], "big", signed=True))


def prefixes_of(keys: Sequence[bytes]) -> Prefixes:
    """Return the first four bytes of each key as a number, in the order of `keys`."""
    joined = np.frombuffer(b"".join(keys), dtype=">u4")
    return joined[:: KEY_BYTES // 4].astype(np.uint32)


def write_run(
    connection: sqlite3.Connection, number: int, is_usage: bool, records: bytes, oldest_kept_at: int
) -> Run | None:
    """Sort records (of one key the last counts, expired ones are left out) and store them; None if none is left."""
    # Taken as plain bytes: field by field it takes three times as long, and the door waits meanwhile.
    table = np.frombuffer(records, dtype=_WHOLE)[_order_of(np.frombuffer(records, dtype=_RECORD))].view(_RECORD)
    is_last = np.ones(len(table), dtype=np.bool_)
    is_last[:-1] = (table["high"][1:] != table["high"][:-1]) | (table["low"][1:] != table["low"][:-1])
    table = table[is_last & (table["recorded_at"] >= oldest_kept_at)]
    if not len(table):
        return None
    packed = table.tobytes()
    step = CHUNK_RECORDS * RECORD_BYTES
    connection.executemany(
        "INSERT INTO seen_ids VALUES (?, ?)",
        [
            ((number << _RUN_SHIFT) + chunk, packed[at : at + step])
            for chunk, at in enumerate(range(0, len(packed), step))
        ],
    )
    newest_at = int(table["recorded_at"].max())
    connection.execute("INSERT INTO seen_id_runs VALUES (?, ?, ?, ?)", (number, is_usage, len(table), newest_at))
    return Run(number, is_usage, newest_at, _high_halves(table))


def read_run(connection: sqlite3.Connection, number: int, is_usage: bool, newest_at: int) -> Run:
    """Read a stored run's prefixes back; touches all of its chunks once."""
    chunks = connection.execute(
        "SELECT records FROM seen_ids WHERE place BETWEEN ? AND ? ORDER BY place", _span(number)
    )
    parts = [_high_halves(np.frombuffer(chunk, dtype=_RECORD)) for (chunk,) in chunks]
    return Run(number, is_usage, newest_at, np.concatenate(parts))


def drop_run(connection: sqlite3.Connection, number: int) -> None:
    """Delete a run and all its chunks."""
    connection.execute("DELETE FROM seen_ids WHERE place BETWEEN ? AND ?", _span(number))
    connection.execute("DELETE FROM seen_id_runs WHERE run = ?", (number,))


class RunReader:
    """Looks keys up in runs, keeping the chunks it has read for the time of one batch."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._chunks: dict[int, bytes] = {}

    def records(self, run: Run, place: int, key: bytes) -> Iterator[Found]:
        """Yield what the run holds under `key`, given the place of the first equal prefix: one record or none."""
        prefixes = run.prefixes
        prefix = prefixes[place]
        while place < len(prefixes) and prefixes[place] == prefix:
            record = self._record(run, place)
            if record.startswith(key):
                yield found_in(record)
                return
            place += 1

    def _record(self, run: Run, place: int) -> bytes:
        chunk, within = divmod(place, CHUNK_RECORDS)
        at = (run.number << _RUN_SHIFT) + chunk
        records = self._chunks.get(at)
        if records is None:
            (records,) = self._connection.execute("SELECT records FROM seen_ids WHERE place = ?", (at,)).fetchone()
            self._chunks[at] = records
        return records[within * RECORD_BYTES : (within + 1) * RECORD_BYTES]


def _order_of(table: NDArray[np.void]) -> NDArray[np.intp]:
    """The order by key, of equal keys as they came. Different keys hardly ever agree in their first halves."""
    high, low = table["high"].astype(np.uint64), table["low"].astype(np.uint64)
    order = np.argsort(high, kind="stable")
    first, second = order[:-1], order[1:]
    agree = high[first] == high[second]
    return np.lexsort((low, high)) if np.any(low[first][agree] != low[second][agree]) else order


def _span(number: int) -> tuple[int, int]:
    first = number << _RUN_SHIFT
    return first, first + (1 << _RUN_SHIFT) - 1


def _high_halves(table: NDArray[np.void]) -> Prefixes:
    return (table["high"].astype(np.uint64) >> np.uint64(32)).astype(np.uint32)
