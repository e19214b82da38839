"""Connections: which tool may push for which tenant, under which secrets. Kept beside the API keys, in `access.db`.

Secrets of connections sign, so they are kept as they are, in a file that only its owner can read.
"""

from __future__ import annotations

import secrets as chance
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from schemas.instant import HOUR, SECOND
from schemas.values import Status
from sinks.webhook.signature import new_secret
from streams.connectors.catalog import BY_NAME
from streams.connectors.contract import Connector
from streams.connectors.request import Setup
from streams.connectors.signatures import weakness

# Equal bytes of a tool that tells no instant, within this of one another, are one delivery that was repeated.
REPEATS_WITHIN = HOUR
MOST_SECRETS = 2
# What another process changes is heard of this much later.
LOOK_EVERY_SECONDS = 1.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS connections (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, source TEXT NOT NULL, label TEXT NOT NULL, scheme TEXT NOT NULL,
    public_url TEXT NOT NULL, setup BLOB NOT NULL, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
    UNIQUE (tenant, label)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connection_secrets (
    connection TEXT NOT NULL, added_at INTEGER NOT NULL, secret TEXT NOT NULL, ends_at INTEGER,
    PRIMARY KEY (connection, added_at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person_keys (tenant TEXT PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS first_deliveries (
    connection TEXT NOT NULL, digest BLOB NOT NULL, first_at INTEGER NOT NULL, PRIMARY KEY (connection, digest)
) WITHOUT ROWID;
"""


class ConnectionRefused(ValueError):
    """The connection cannot be made or changed like that; the message says why."""


class _Told(msgspec.Struct):
    """What is written of a setup."""

    account_field: str
    vendor_account: str
    accounts: dict[str, str]
    statuses: dict[str, Status]


@dataclass(frozen=True, slots=True)
class ActiveSecret:
    """One secret that signs until it ends, if it does."""

    secret: str = field(repr=False)
    ends_at: int | None


@dataclass(frozen=True, slots=True)
class Connection:
    """One tool that pushes for one tenant."""

    id: str
    tenant: str
    source: str
    scheme: str
    public_url: str
    setup: Setup
    enabled: bool
    created_at: int
    secrets: tuple[ActiveSecret, ...] = ()

    @property
    def connector(self) -> Connector:
        return BY_NAME[self.source]

    def active(self, now: int) -> tuple[str, ...]:
        """The secrets that sign at an instant, the newest first."""
        return tuple(one.secret for one in self.secrets if one.ends_at is None or one.ends_at > now)

    def told(self, now: int) -> dict[str, Any]:
        """What may be shown of it: everything but the secrets."""
        return {
            "id": self.id,
            "tenant": self.tenant,
            "source": self.source,
            "label": self.setup.label,
            "scheme": self.scheme,
            "path": self.path,
            "public_url": self.public_url,
            "account_field": self.setup.account_field,
            "vendor_account": self.setup.vendor_account,
            "accounts": len(self.setup.accounts),
            "statuses": dict(self.setup.statuses),
            "enabled": self.enabled,
            "secrets": len(self.active(now)),
            "created_at": self.created_at,
        }

    @property
    def named(self) -> str:
        """What acts call it."""
        return f"{self.source} as {self.setup.label}"

    @property
    def path(self) -> str:
        """Where the tool posts to."""
        return f"/v1/connect/{self.source}/{self.id}"


class Connections:
    """The store. What another process changes is seen within a second."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._clock = clock
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA)
        self._version = -1
        self._looked_at = -LOOK_EVERY_SECONDS  # not yet
        self._known: dict[str, Connection] = {}

    def create(
        self, tenant: str, source: str, *, setup: Setup, secret: str = "", scheme: str = "", public_url: str = ""
    ) -> tuple[Connection, str]:
        """A new connection and its secret, made here where the tool takes one of ours. Raises ConnectionRefused.

        Without a secret, of a tool that makes its own, nothing is taken until `rotate` brings it.
        """
        connector = BY_NAME.get(source)
        if connector is None:
            raise ConnectionRefused(f"there is no connector {source!r}: `millrace connectors` lists them")
        try:
            chosen = connector.scheme(scheme).name
        except ValueError as error:
            raise ConnectionRefused(str(error)) from error
        if not secret and connector.keyed_by == "us":
            secret = _new_secret(source)
        _require_sound(secret)
        now, id_ = self._clock(), chance.token_hex(16)
        told = _Told(setup.account_field, setup.vendor_account, dict(setup.accounts), dict(setup.statuses))
        row = (id_, tenant, source, setup.label, chosen, public_url.rstrip("/"), msgspec.json.encode(told), 1, now)
        with self._lock:
            try:
                self._database.execute("INSERT INTO connections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise ConnectionRefused(
                    f"{tenant} has a connection called {setup.label!r}: give this one another --label"
                ) from error
            if secret:
                self._database.execute("INSERT INTO connection_secrets VALUES (?, ?, ?, NULL)", (id_, now, secret))
            self._load()
            return self._known[id_], secret

    def rotate(self, tenant: str | None, id_: str, secret: str, keep_seconds: int) -> tuple[Connection, str] | None:
        """Gives a connection another secret; the one before signs for so long yet. None where there is none such.

        Without a secret a new one is made, where the tool takes one of ours. Raises ConnectionRefused.
        """
        with self._lock:
            self._refresh()
            connection = self._of(tenant, id_)
            if connection is None:
                return None
            if not secret and connection.connector.keyed_by == "tool":
                raise ConnectionRefused(f"{connection.connector.title} makes its secrets itself: bring the new one")
            secret = secret or _new_secret(connection.source)
            _require_sound(secret)
            now = self._clock()
            ends_at = now + keep_seconds * SECOND
            active = [one for one in connection.secrets if one.ends_at is None or one.ends_at > now]
            if any(one.secret == secret for one in active):
                raise ConnectionRefused("this is one of the connection's secrets already")
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM connection_secrets WHERE connection = ?", (id_,))
            for age, one in enumerate(active[: MOST_SECRETS - 1], 1):
                kept_until = ends_at if one.ends_at is None else min(ends_at, one.ends_at)
                row = (id_, now - age, one.secret, kept_until)
                if keep_seconds:
                    self._database.execute("INSERT INTO connection_secrets VALUES (?, ?, ?, ?)", row)
            self._database.execute("INSERT INTO connection_secrets VALUES (?, ?, ?, NULL)", (id_, now, secret))
            self._database.execute("COMMIT")
            self._load()
            return self._known[id_], secret

    def remove(self, tenant: str | None, id_: str) -> Connection | None:
        """Ends a connection with the next request, and gives it; None where the tenant has no such one."""
        with self._lock:
            self._refresh()
            connection = self._of(tenant, id_)
            if connection is None:
                return None
            self._database.execute("BEGIN IMMEDIATE")
            for table, column in (("connections", "id"), ("connection_secrets", "connection")):
                self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (id_,))  # noqa: S608 - names of ours
            self._database.execute("COMMIT")
            self._load()
            return connection

    def enable(self, tenant: str | None, id_: str, enabled: bool) -> Connection | None:
        """Lets a connection take requests, or stops it, and gives it; None where the tenant has no such one."""
        with self._lock:
            self._refresh()
            if self._of(tenant, id_) is None:
                return None
            self._database.execute("UPDATE connections SET enabled = ? WHERE id = ?", (int(enabled), id_))
            self._load()
            return self._known[id_]

    def all(self, tenant: str | None = None) -> list[Connection]:
        """The connections of one tenant or of all, oldest first."""
        with self._lock:
            self._refresh()
            found = [one for one in self._known.values() if tenant is None or one.tenant == tenant]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def find(self, source: str, id_: str) -> Connection | None:
        """The enabled connection that this address names."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
            with self._lock:
                self._refresh()
        found = self._known.get(id_)
        return found if found is not None and found.source == source and found.enabled else None

    def first_seen(self, id_: str, digest: bytes, now: int) -> int:
        """When these bytes first came, of repeats that follow one another closely; now, for others."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM first_deliveries WHERE first_at <= ?", (now - REPEATS_WITHIN,))
            self._database.execute("INSERT OR IGNORE INTO first_deliveries VALUES (?, ?, ?)", (id_, digest, now))
            (first_at,) = self._database.execute(
                "SELECT first_at FROM first_deliveries WHERE connection = ? AND digest = ?", (id_, digest)
            ).fetchone()
            self._database.execute("COMMIT")
        return int(first_at)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _of(self, tenant: str | None, id_: str) -> Connection | None:
        found = self._known.get(id_)
        return found if found is not None and tenant in (None, found.tenant) else None

    def _refresh(self) -> None:
        """Reads all anew where another process wrote something since."""
        self._looked_at = time.monotonic()
        (version,) = self._database.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._load()

    def _load(self) -> None:
        keys = dict(self._database.execute("SELECT tenant, key FROM person_keys").fetchall())
        signing: dict[str, list[ActiveSecret]] = {}
        for id_, secret, ends_at in self._database.execute(
            "SELECT connection, secret, ends_at FROM connection_secrets ORDER BY connection, added_at DESC"
        ):
            signing.setdefault(id_, []).append(ActiveSecret(secret, ends_at))
        self._known = {
            row[0]: self._connection(row, keys, tuple(signing.get(row[0], ())))
            for row in self._database.execute("SELECT * FROM connections").fetchall()
            if row[2] in BY_NAME
        }

    def _connection(
        self, row: tuple[Any, ...], keys: Mapping[str, bytes], signing: tuple[ActiveSecret, ...]
    ) -> Connection:
        id_, tenant, source, label, scheme, public_url, told, enabled, created_at = row
        said = msgspec.json.decode(told, type=_Told)
        setup = Setup(label, said.account_field, said.accounts, said.statuses, said.vendor_account)
        setup = replace(setup, person_key=keys.get(tenant) or self._new_person_key(tenant))
        return Connection(id_, tenant, source, scheme, public_url, setup, bool(enabled), created_at, signing)

    def _new_person_key(self, tenant: str) -> bytes:
        """A key under which this tenant's people of whom only an address is known get their ids; it never changes."""
        self._database.execute("INSERT OR IGNORE INTO person_keys VALUES (?, ?)", (tenant, chance.token_bytes(32)))
        (key,) = self._database.execute("SELECT key FROM person_keys WHERE tenant = ?", (tenant,)).fetchone()
        return bytes(key)


def _new_secret(source: str) -> str:
    """Long enough for anybody, and short enough for the tool that takes no more than 40 characters."""
    if source == "standard":
        return new_secret()
    return chance.token_hex(18)


def _require_sound(secret: str) -> None:
    wrong = weakness(secret) if secret else None
    if wrong is not None:
        raise ConnectionRefused(f"this secret will not do: {wrong}")
