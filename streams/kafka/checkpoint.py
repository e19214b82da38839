"""A partition's standing on the local disk: checksummed, a copy of what the journal says, and so never needed.

Each process that writes a partition has a slot of its own beside those of others, which it may read: one that hangs
keeps nobody from taking over, and what it wrote down is true as far as it goes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Self
from zlib import crc32

import structlog

from streams.kafka.address import Address
from streams.kafka.slots import Slot, take_slot

# Every row that a disk could change has a checksum: those of seen ids here, the others in their own column.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS place (
    one INTEGER PRIMARY KEY CHECK (one = 1), next_offset INTEGER NOT NULL, said BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tenants (tenant TEXT PRIMARY KEY, said BLOB NOT NULL, checksum INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS letters (letter TEXT PRIMARY KEY, said BLOB NOT NULL, checksum INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen_checks (part TEXT, place INTEGER, checksum INTEGER NOT NULL, PRIMARY KEY (part, place))
    WITHOUT ROWID;
"""
_TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS recent_added AFTER INSERT ON seen_id_recent BEGIN
    INSERT INTO seen_checks VALUES ('recent', new.row, crc(new.records)); END;
CREATE TRIGGER IF NOT EXISTS recent_dropped AFTER DELETE ON seen_id_recent BEGIN
    DELETE FROM seen_checks WHERE part = 'recent' AND place = old.row; END;
CREATE TRIGGER IF NOT EXISTS chunk_added AFTER INSERT ON seen_ids BEGIN
    INSERT INTO seen_checks VALUES ('chunk', new.place, crc(new.records)); END;
CREATE TRIGGER IF NOT EXISTS chunk_dropped AFTER DELETE ON seen_ids BEGIN
    DELETE FROM seen_checks WHERE part = 'chunk' AND place = old.place; END;
"""
# Each counts rows that are not as they were written; a seen id takes 32 bytes.
_DAMAGES = (
    "SELECT count(*) FROM place WHERE crc(next_offset, said) != checksum",
    "SELECT count(*) FROM tenants WHERE crc(tenant, said) != checksum",
    "SELECT count(*) FROM letters WHERE crc(letter, said) != checksum",
    """SELECT count(*) FROM seen_id_recent LEFT JOIN seen_checks ON part = 'recent' AND place = row
    WHERE checksum IS NOT crc(records)""",
    """SELECT count(*) FROM seen_ids LEFT JOIN seen_checks AS known ON part = 'chunk' AND known.place = seen_ids.place
    WHERE checksum IS NOT crc(records)""",
    "SELECT count(*) FROM seen_checks WHERE part = 'recent' AND place NOT IN (SELECT row FROM seen_id_recent)",
    """SELECT (SELECT coalesce(sum(size), 0) FROM seen_id_runs)
    IS NOT (SELECT coalesce(sum(length(records)), 0) / 32 FROM seen_ids)""",
)

_log = structlog.get_logger(__name__)


def partition_folder(home: Path, cluster: str, address: Address, partition: int) -> Path:
    """Where processes of one home folder keep what they know of a partition."""
    return home / "sequencer" / cluster / f"{address.prefix}partition-{partition:04}"


def checksum(key: str | int, said: bytes) -> int:
    """The checksum of a row of `place`, `tenants` or `letters`."""
    return crc32(str(key).encode() + said)


class Checkpoint:
    """One slot, kept from other processes while it is open; `connection` is its database."""

    def __init__(self, path: Path | None, slot: Slot | None) -> None:
        self.path = path
        self._slot = slot
        self.connection = _connect(path)

    @classmethod
    def open(cls, folder: Path | None) -> Self:
        """Opens the first slot of a partition's folder that no process has; a damaged one begins anew, empty.

        Where another process's slot is further, this one begins as a copy of it. Without a folder it is in memory.
        """
        if folder is None:
            return cls(None, None)
        slot = take_slot(folder)
        opened = cls(folder / f"slot-{slot.number}.db", slot)
        opened._check()
        opened._catch_up(folder)
        return opened

    def clear(self) -> None:
        """Throws everything away."""
        self.connection.close()
        _remove(self.path)
        self.connection = _connect(self.path)

    def watch(self) -> None:
        """Has seen ids checksummed from now on; called once their tables are there."""
        self.connection.executescript(_TRIGGERS)

    def close(self) -> None:
        self.connection.close()
        if self._slot is not None:
            self._slot.free()

    def _catch_up(self, folder: Path) -> None:
        for other in sorted(folder.glob("slot-*.db")):
            if other == self.path:
                continue
            try:
                with closing(sqlite3.connect(f"file:{other}?mode=ro", uri=True, timeout=1)) as source:
                    if _offset_of(source) > _offset_of(self.connection):
                        source.backup(self.connection)
            except sqlite3.Error as error:
                _log.warning("another process's checkpoint is not read", file=str(other), reason=str(error))
                continue
            self._check()

    def _check(self) -> None:
        if _is_damaged(self.connection):
            _log.warning("checkpoint damaged: the journal is read from its beginning", file=str(self.path))
            self.clear()


def _is_damaged(connection: sqlite3.Connection) -> bool:
    try:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            return True
        known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "seen_ids" not in known:
            return _offset_of(connection) > 0
        return any(connection.execute(damage).fetchone()[0] for damage in _DAMAGES)
    except sqlite3.DatabaseError:
        return True


def _connect(path: Path | None) -> sqlite3.Connection:
    try:
        return _prepared(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        _log.warning("checkpoint damaged: the journal is read from its beginning", file=str(path))
        _remove(path)
        return _prepared(path)


def _remove(path: Path | None) -> None:
    if path is not None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _prepared(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False, timeout=5)
    try:
        connection.create_function("crc", -1, _crc, deterministic=True)
        # A crash of the machine may cost the newest transactions: then the journal is read from further back.
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _crc(*parts: object) -> int:
    return crc32(b"".join([part if isinstance(part, bytes) else str(part).encode() for part in parts]))


def _offset_of(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT next_offset FROM place").fetchone()
    return 0 if row is None else int(row[0])
