"""API keys: who may do what for which tenant. Only hashes are stored."""

from __future__ import annotations

import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Literal, get_args
from zlib import crc32

from schemas.instant import SECOND

Scope = Literal["ingest", "read", "label", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

PREFIX = "mr_live_"
_ALPHABET = string.ascii_letters + string.digits
_LETTERS = 32  # of 62: 190 bits
_SHOWN = 8
_USE_NOTED_EVERY = 60 * SECOND
# What another process revokes is heard of so much later; what this one revokes, with the next request.
LOOK_EVERY_SECONDS = 1.0
_MOST_REMEMBERED = 10_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS api_keys (
    hint TEXT PRIMARY KEY, hash BLOB NOT NULL, tenant TEXT NOT NULL, scopes TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER, used_at INTEGER
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: one tenant's key, or (tenant None) the operator of this home folder, who names the tenant."""

    tenant: str | None
    scopes: tuple[Scope, ...]
    name: str
    hint: str = ""

    @property
    def actor(self) -> str:
        """Who acted, in the words of the journal: a key is told by the letters that name it, not by its name."""
        return f"key {self.hint}" if self.hint else "operator"

    def may(self, scope: Scope) -> bool:
        """Whether this scope, or `admin` which includes all, was given."""
        return scope in self.scopes or "admin" in self.scopes


OPERATOR = Principal(None, SCOPES, "operator")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What is known of a key: everything but the key."""

    hint: str
    tenant: str
    scopes: tuple[str, ...]
    name: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    used_at: int | None


class Access:
    """The key store, `access.db`. A revoked key stops working with the next request, or within a second where another
    process revoked it: a key that was looked up is remembered for so long.
    """

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[Principal, int | None, float]] = {}
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)

    def create(
        self, tenant: str, scopes: Sequence[Scope], name: str = "", lifetime_seconds: int | None = None
    ) -> tuple[str, KeyRow]:
        """A new key, shown this once, and its row."""
        now = self._clock()
        body = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
        key = f"{PREFIX}{body}_{_checksum(body)}"
        expires_at = None if lifetime_seconds is None else now + lifetime_seconds * SECOND
        hint = body[:_SHOWN]
        with self._lock:
            self._database.execute(
                "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (hint, _hashed(key), tenant, " ".join(scopes), name, now, expires_at),
            )
        return key, KeyRow(hint, tenant, tuple(scopes), name, now, expires_at, None, None)

    def keys(self, tenant: str | None = None) -> list[KeyRow]:
        """The keys of one tenant or of all, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT hint, tenant, scopes, name, created_at, expires_at, revoked_at, used_at FROM api_keys "
                "WHERE ? IS NULL OR tenant = ? ORDER BY created_at, hint",
                (tenant, tenant),
            ).fetchall()
        return [KeyRow(hint, owner, tuple(scopes.split()), *rest) for hint, owner, scopes, *rest in rows]

    def revoke(self, tenant: str | None, hint: str) -> KeyRow | None:
        """Ends a key named by the letters after its prefix; None where the tenant has no such key."""
        shown = hint.removeprefix(PREFIX)[:_SHOWN]
        with self._lock:
            self._database.execute(
                "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE hint = ? AND (? IS NULL OR tenant = ?)",
                (self._clock(), shown, tenant, tenant),
            )
            self._remembered.clear()
        return next((row for row in self.keys(tenant) if row.hint == shown), None)

    def principal(self, key: str) -> Principal | None:
        """Who shows this key, None where it is unknown, mistyped, expired or revoked."""
        body, _, checksum = key.removeprefix(PREFIX).partition("_")
        if not key.startswith(PREFIX) or checksum != _checksum(body):
            return None
        hashed, now, moment = _hashed(key), self._clock(), time.monotonic()
        known = self._remembered.get(hashed)
        if known is not None and moment - known[2] < LOOK_EVERY_SECONDS and (known[1] is None or known[1] > now):
            return known[0]
        with self._lock:
            found = self._look_up(hashed, body[:_SHOWN], now)
            if found is None:
                self._remembered.pop(hashed, None)
                return None
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[hashed] = (*found, moment)
        return found[0]

    def _look_up(self, hashed: bytes, hint: str, now: int) -> tuple[Principal, int | None] | None:
        """Whose key this is, and when it ends. Under the lock."""
        row = self._database.execute(
            "SELECT hash, tenant, scopes, name, expires_at, revoked_at, used_at FROM api_keys WHERE hint = ?",
            (hint,),
        ).fetchone()
        if row is None or not compare_digest(row[0], hashed):
            return None
        _, tenant, scopes, name, expires_at, revoked_at, used_at = row
        if revoked_at is not None or (expires_at is not None and expires_at <= now):
            return None
        if used_at is None or now - used_at > _USE_NOTED_EVERY:
            self._database.execute("UPDATE api_keys SET used_at = ? WHERE hint = ?", (now, hint))
        known: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope in scopes.split())
        return Principal(tenant, known, name or hint, hint), expires_at

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _hashed(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"
