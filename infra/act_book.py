"""Acts of administration, chained: each names the digest of the one before it, tenant by tenant.

The book stands in `access.db`, beside the keys: where each chain ends, and what is not in the journal yet. An act is
written down here first, then said in the journal, so that an interruption costs none and says none twice. A home folder
has one chain a tenant, so whoever writes acts needs nobody else to order them, whatever carries the log.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

import orjson

from schemas.system import AdminActed, AdminAction

_FORM = "millrace act 1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS act_chain (one INTEGER PRIMARY KEY CHECK (one = 1), chain TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS act_ends (tenant TEXT PRIMARY KEY, sequence INTEGER NOT NULL, digest TEXT NOT NULL)
WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acts_unsaid (
    tenant TEXT NOT NULL, sequence INTEGER NOT NULL, acted_at INTEGER NOT NULL, said BLOB NOT NULL,
    PRIMARY KEY (tenant, sequence)
) WITHOUT ROWID;
"""


class Record(Protocol):
    """Says something in a tenant's journal; durable at return, said once an id."""

    def __call__(self, tenant: str, data: AdminActed, *, id: str, occurred_at: int) -> object: ...


class ChainEnd(NamedTuple):
    """The newest act of a chain: how many there are, and its digest."""

    chain: str
    sequence: int
    digest: str


def act_id(said: AdminActed) -> str:
    """The id of the event that says an act; two different acts never share one."""
    return f"act-{said.chain}-{said.digest[:32]}"


def act_digest(tenant: str, acted_at: int, said: AdminActed) -> str:
    """SHA-256 of all that an act says and of its place in the chain, in hexadecimal."""
    place = (said.chain, said.sequence, said.previous)
    told = (said.action, said.actor, said.subject, said.detail)
    return sha256(orjson.dumps([_FORM, tenant, acted_at, *place, *told])).hexdigest()


class ActBook:
    """Thread-safe; several processes may share one file."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)
        self._database.execute("INSERT OR IGNORE INTO act_chain VALUES (1, ?)", (secrets.token_hex(8),))
        (self.chain,) = self._database.execute("SELECT chain FROM act_chain").fetchone()

    def tell(
        self, record: Record, tenant: str, action: AdminAction, *, actor: str, subject: str, detail: str = ""
    ) -> None:
        """Chains an act and says it in the journal. Where that fails it is kept, and said before the next one."""
        with self._lock:
            self._add(tenant, AdminActed(action=action, actor=actor, subject=subject, detail=detail))
            self._say(record, tenant)

    def say_unsaid(self, record: Record) -> None:
        """Says what an interruption left unsaid."""
        with self._lock:
            for (tenant,) in self._database.execute("SELECT DISTINCT tenant FROM acts_unsaid").fetchall():
                self._say(record, tenant)

    def end(self, tenant: str) -> ChainEnd | None:
        """Where this home folder's chain of a tenant ends; None where nothing was administered here."""
        with self._lock:
            row = self._database.execute("SELECT sequence, digest FROM act_ends WHERE tenant = ?", (tenant,)).fetchone()
        return None if row is None else ChainEnd(self.chain, *row)

    def tenants(self) -> list[str]:
        """Every tenant of which something was administered here, sorted."""
        with self._lock:
            return [tenant for (tenant,) in self._database.execute("SELECT tenant FROM act_ends ORDER BY tenant")]

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _add(self, tenant: str, said: AdminActed) -> None:
        now = self._clock()
        self._database.execute("BEGIN IMMEDIATE")
        try:
            row = self._database.execute("SELECT sequence, digest FROM act_ends WHERE tenant = ?", (tenant,)).fetchone()
            sequence, previous = row or (0, "")
            placed = said.model_copy(update={"chain": self.chain, "sequence": sequence + 1, "previous": previous})
            whole = placed.model_copy(update={"digest": act_digest(tenant, now, placed)})
            self._database.execute(
                "INSERT INTO act_ends VALUES (?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET "
                "sequence = excluded.sequence, digest = excluded.digest",
                (tenant, sequence + 1, whole.digest),
            )
            kept = orjson.dumps(whole.model_dump(mode="json"))
            self._database.execute("INSERT INTO acts_unsaid VALUES (?, ?, ?, ?)", (tenant, sequence + 1, now, kept))
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _say(self, record: Record, tenant: str) -> None:
        """Says all that is unsaid of a tenant, in its order. Under the lock, so the journal has that order, too."""
        rows = self._database.execute(
            "SELECT sequence, acted_at, said FROM acts_unsaid WHERE tenant = ? ORDER BY sequence", (tenant,)
        ).fetchall()
        for sequence, acted_at, kept in rows:
            said = AdminActed.model_validate(orjson.loads(kept))
            record(tenant, said, id=act_id(said), occurred_at=acted_at)
            self._database.execute("DELETE FROM acts_unsaid WHERE tenant = ? AND sequence = ?", (tenant, sequence))
