"""The delivery log: every alert owed to every endpoint, what became of it, and when it is due next, in SQLite.

    pending (counts its failed attempts) -> delivered | abandoned | withdrawn        not_sent_old: never owed
    withdrawn before anybody was told -> pending, where the alert is raised again

The body is written once, on entry, so that every attempt sends the same bytes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from schemas.instant import DAY
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import DeliveryRow, Due, Finished, State
from sinks.webhook.endpoint import Endpoint, Shape
from sinks.webhook.outbox_tables import TABLES
from sinks.webhook.schedule import GIVE_UP_AFTER
from sinks.webhook.shapes import WITHDRAWN_SUFFIX, UnsendableAlert, alert_body, withdrawn_body

# Longer than the horizon of 32 days in which a fact, and so an alert, may still be taken back.
KEPT_FOR = 40 * DAY

Key = tuple[str, str]
# State, reason and body of a delivery on entry.
_Entry = tuple[State, str | None, bytes]

_OWE = """
INSERT INTO webhook_deliveries (webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape,
    traceparent, body, state, reason, enqueued_at, due_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (webhook_id, tenant, endpoint_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
    due_at = excluded.due_at, ended_at = excluded.ended_at
WHERE state = 'withdrawn' AND attempts = 0 AND unsure = 0
"""
_TOLD = """
SELECT tenant, endpoint_id, kind, account, subject, happened_at, shape, traceparent, state, unsure
FROM webhook_deliveries WHERE webhook_id = ? ORDER BY tenant, endpoint_id
"""
_ATTEMPTED = """
UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = ?, last_status = ?, reason = ?,
    unsure = max(unsure, ?), due_at = coalesce(?, due_at)
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_ENDED = """
UPDATE webhook_deliveries SET state = ?, ended_at = ? WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_DUE = """
SELECT webhook_id, tenant, endpoint_id, shape, body, traceparent, attempts FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND state = 'pending' AND due_at <= ? ORDER BY due_at LIMIT ?
"""
_NEXT_DUE = """
SELECT min(due_at) FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND state = 'pending' AND due_at > ?
"""
_READ = """
SELECT tenant, endpoint_id, webhook_id, kind, account, subject, happened_at, state, reason, attempts, enqueued_at,
    due_at, last_attempt_at, last_status, ended_at
FROM webhook_deliveries WHERE tenant = ? ORDER BY enqueued_at DESC, rowid DESC LIMIT ?
"""
_CIRCUIT = """
SELECT failures, pauses, failing_since, open_until, disabled_reason FROM webhook_endpoints
WHERE tenant = ? AND endpoint_id = ? AND url_digest = ?
"""
_NEW_CIRCUIT = "INSERT OR REPLACE INTO webhook_endpoints (tenant, endpoint_id, url_digest) VALUES (?, ?, ?)"
_SAVE_CIRCUIT = """
UPDATE webhook_endpoints SET failures = ?, pauses = ?, failing_since = ?, open_until = ?, disabled_reason = ?
WHERE tenant = ? AND endpoint_id = ?
"""
_DROP_ALL = """
UPDATE webhook_deliveries SET state = 'abandoned', reason = ?, ended_at = ?
WHERE tenant = ? AND endpoint_id = ? AND state = 'pending'
"""


class _Told(NamedTuple):
    tenant: str
    endpoint_id: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    shape: Shape
    traceparent: str | None
    state: str
    unsure: int

    @property
    def key(self) -> Key:
        return (self.tenant, self.endpoint_id)

    @property
    def may_be_known(self) -> bool:
        """Whether the receiver may have heard of the alert."""
        return self.state == "delivered" or (bool(self.unsure) and self.state in ("pending", "abandoned"))


class Outbox:
    """The log, in a file of its own or on a connection handed in (made with `check_same_thread=False`).

    Every method is one transaction, may be called from any thread, and becomes a part of the transaction that the
    caller has open on its connection.
    """

    def __init__(self, log: Path | str | sqlite3.Connection) -> None:
        self._lock = threading.RLock()
        self._owned = not isinstance(log, sqlite3.Connection)
        self._connection = log if isinstance(log, sqlite3.Connection) else _opened(Path(log))
        with self._transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)

    def close(self) -> None:
        """Closes the file; a connection handed in stays open."""
        with self._lock:
            if self._owned:
                self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            inner = self._connection.in_transaction
            self._connection.execute("SAVEPOINT webhooks" if inner else "BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("RELEASE webhooks" if inner else "COMMIT")
            except BaseException:
                if inner:
                    self._connection.execute("ROLLBACK TO webhooks")
                    self._connection.execute("RELEASE webhooks")
                elif self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def enqueue(self, owed: Sequence[tuple[OutgoingAlert, Endpoint]], now: int, max_age: int) -> None:
        """Owes each alert to its endpoint; those older than `max_age` microseconds are only logged.

        It is told once for ever: one that was told and taken back is not told again, one that nobody heard of is.
        """
        if not owed:
            return
        with self._transaction() as connection:
            disabled = self._disabled()
            for alert, endpoint in owed:
                old = now - alert.happened_at > max_age
                state, reason, body = _entry(alert, endpoint.shape, old, disabled.get(endpoint.key))
                connection.execute(_OWE, _values(alert, endpoint.key, endpoint.shape, (state, reason, body), now))

    def withdraw(self, alert_ids: Sequence[str], now: int) -> list[Key]:
        """Takes alerts back: what nobody can have received is dropped; of the rest one withdrawal each is owed.

        A delivery under way meanwhile is settled by `record`. Returns the endpoints that are owed something new.
        """
        with self._transaction() as connection:
            owed: list[Key] = []
            for alert_id in alert_ids:
                for told in self._told(alert_id):
                    if told.state == "pending":
                        connection.execute(_ENDED, ("withdrawn", now, alert_id, *told.key))
                    if told.may_be_known:
                        self._owe_withdrawal(alert_id, told, now)
                        owed.append(told.key)
            return owed

    def _told(self, alert_id: str) -> list[_Told]:
        return [_Told(*row) for row in self._connection.execute(_TOLD, (alert_id,))]

    def _owe_withdrawal(self, alert_id: str, told: _Told, now: int) -> None:
        told_of = (told.kind, told.account, told.subject, told.happened_at)
        alert = OutgoingAlert(alert_id, told.tenant, *told_of, b"", told.traceparent)
        body = withdrawn_body(alert, told.shape, now)
        withdrawal = replace(alert, alert_id=alert_id + WITHDRAWN_SUFFIX)
        off = self._disabled().get(told.key)
        entry: _Entry = ("pending", None, body) if off is None else ("abandoned", _off(off), b"")
        self._connection.execute(_OWE, _values(withdrawal, told.key, told.shape, entry, now))

    def record(self, finished: Sequence[Finished], circuits: Mapping[Key, Circuit], now: int) -> list[Key]:
        """Writes what attempts came to, and the circuits after them; returns the endpoints owed something new by it.

        An alert that was taken back while it was being sent, and may have arrived, is owed its withdrawal here.
        """
        with self._transaction() as connection:
            owed = [one.due.key for one in finished if self._settle(one, now)]
            for key, circuit in circuits.items():
                known = (circuit.failures, circuit.pauses, circuit.failing_since, circuit.open_until)
                connection.execute(_SAVE_CIRCUIT, (*known, circuit.disabled_reason, *key))
                if circuit.disabled_reason is not None:
                    connection.execute(_DROP_ALL, (_off(circuit.disabled_reason), now, *key))
            return owed

    def _settle(self, one: Finished, now: int) -> bool:
        identity = one.due.identity
        seen = (one.attempted_at, one.status, one.reason, one.unsure, one.next_due_at)
        self._connection.execute(_ATTEMPTED, (*seen, *identity))
        told = next((told for told in self._told(one.due.webhook_id) if told.key == one.due.key), None)
        if told is None:
            return False
        if one.delivered:
            self._connection.execute(_ENDED, ("delivered", now, *identity))
        elif told.state == "pending" and one.next_due_at is None:
            self._connection.execute(_ENDED, ("abandoned", now, *identity))
        if told.state != "withdrawn" or not (one.delivered or one.unsure):
            return False
        self._owe_withdrawal(one.due.webhook_id, told, now)
        return True

    def due(self, key: Key, now: int, most: int, taken: Collection[str]) -> list[Due]:
        """The deliveries of an endpoint that are due, the longest due first, without those already taken."""
        with self._lock:
            rows = self._connection.execute(_DUE, (*key, now, most + len(taken))).fetchall()
        found = [Due(*row) for row in rows]
        return [due for due in found if due.webhook_id not in taken][:most]

    def next_due_at(self, key: Key, now: int) -> int | None:
        """When the next delivery of an endpoint becomes due after now."""
        with self._lock:
            (instant,) = self._connection.execute(_NEXT_DUE, (*key, now)).fetchone()
        return None if instant is None else int(instant)

    def deliveries(self, tenant: str, limit: int) -> list[DeliveryRow]:
        """What became of a tenant's alerts, the newest first."""
        with self._lock:
            rows = self._connection.execute(_READ, (tenant, limit)).fetchall()
        return [DeliveryRow(*row) for row in rows]

    def states(self) -> dict[tuple[str, str], int]:
        """How many deliveries of each (tenant, state) there are."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT tenant, state, count(*) FROM webhook_deliveries GROUP BY tenant, state")
            return {(tenant, state): count for tenant, state, count in rows}

    def circuits(self, endpoints: Iterable[Endpoint]) -> dict[Key, Circuit]:
        """The circuit of each endpoint, fresh when its address is new. Kept is a digest: addresses are secrets."""
        found: dict[Key, Circuit] = {}
        with self._transaction() as connection:
            for endpoint in endpoints:
                digest = hashlib.sha256(endpoint.url.encode()).hexdigest()
                known = connection.execute(_CIRCUIT, (*endpoint.key, digest)).fetchone()
                if known is None:
                    connection.execute(_NEW_CIRCUIT, (*endpoint.key, digest))
                found[endpoint.key] = Circuit() if known is None else Circuit(*known)
        return found

    def enable(self, key: Key) -> None:
        """Forgets what is held against an endpoint."""
        with self._transaction() as connection:
            connection.execute(_SAVE_CIRCUIT, (0, 0, None, None, None, *key))

    def resume(self, now: int) -> None:
        """Marks what was due when an earlier process ended: its receiver may have it, though nothing says so."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE webhook_deliveries SET unsure = 1 WHERE state = 'pending' AND due_at <= ?", (now,)
            )

    def tidy(self, now: int) -> None:
        """Gives up what could not be delivered within five days, and forgets what ended long ago."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE webhook_deliveries SET state = 'abandoned', reason = 'too_late', ended_at = ? "
                "WHERE state = 'pending' AND enqueued_at <= ?",
                (now, now - GIVE_UP_AFTER),
            )
            connection.execute("DELETE FROM webhook_deliveries WHERE ended_at < ?", (now - KEPT_FOR,))

    def _disabled(self) -> dict[Key, str]:
        rows = self._connection.execute(
            "SELECT tenant, endpoint_id, disabled_reason FROM webhook_endpoints WHERE disabled_reason IS NOT NULL"
        )
        return {(tenant, endpoint_id): reason for tenant, endpoint_id, reason in rows}


def _off(reason: str) -> str:
    return f"endpoint_disabled: {reason}"


def _entry(alert: OutgoingAlert, shape: Shape, old: bool, disabled: str | None) -> _Entry:
    if old:
        return ("not_sent_old", "old", b"")
    if disabled is not None:
        return ("abandoned", _off(disabled), b"")
    try:
        return ("pending", None, alert_body(alert, shape))
    except UnsendableAlert as error:
        return ("abandoned", str(error), b"")


def _values(alert: OutgoingAlert, key: Key, shape: Shape, entry: _Entry, now: int) -> tuple[object, ...]:
    state, reason, body = entry
    told = (alert.kind, alert.account, alert.subject, alert.happened_at, shape, alert.traceparent)
    return (alert.alert_id, *key, *told, body, state, reason, now, now, None if state == "pending" else now)


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
