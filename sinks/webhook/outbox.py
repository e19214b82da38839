"""The delivery log: every alert owed to every endpoint, what became of it, and when it is due next, in SQLite.

    pending (counts its failed attempts) -> delivered | abandoned | withdrawn      not_sent_old, cooled_down: not owed
    grouped: fares as the message that tells it with others does
    withdrawn before anybody was told, abandoned and asked for, cooled down and alone -> pending

The body is written before it is first sent, so that every attempt sends the same bytes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sinks.webhook import alert_log
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.alert_log import SaidAlert
from sinks.webhook.beginning import begin, due
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import DeliveryRow, Due, Finished
from sinks.webhook.ending import forget_not_sent, give_up_all, resume, settle, tidy, try_again
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.outbox_tables import prepare
from sinks.webhook.owing import Key, owe
from sinks.webhook.taking_back import take_back

_NEXT_DUE = """
SELECT min(due_at) FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND state = 'pending' AND due_at > ?
"""
_READ = """
SELECT tenant, endpoint_id, webhook_id, kind, account, subject, happened_at, state, reason, attempts, enqueued_at,
    due_at, last_attempt_at, last_status, ended_at, number
FROM webhook_deliveries WHERE tenant = :tenant AND coalesce(endpoint_id = :endpoint, 1)
    AND coalesce(webhook_id = :webhook, 1) ORDER BY enqueued_at DESC, place DESC LIMIT :limit
"""
_WAITING = """
SELECT endpoint_id, count(*) FROM webhook_deliveries WHERE tenant = ? AND state = 'pending' GROUP BY endpoint_id
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
            prepare(connection)

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

    def enqueue(
        self,
        owed: Sequence[tuple[OutgoingAlert, Endpoint]],
        now: int,
        max_age: int,
        said: Sequence[OutgoingAlert] = (),
    ) -> None:
        """Owes each alert to its endpoint, once for ever; those older than `max_age` microseconds are only logged.

        What was `said` is kept, whoever is owed it.
        """
        with self._transaction() as connection:
            alert_log.keep(connection, said, now)
            disabled = self._disabled()
            for alert, endpoint in owed:
                owe(connection, alert, endpoint, now, max_age, disabled.get(endpoint.key))

    def withdraw(self, alert_ids: Sequence[str], now: int) -> list[Key]:
        """Takes alerts back: what nobody can have received is dropped; of the rest one withdrawal each is owed.

        A delivery under way meanwhile is settled by `record`. Returns the endpoints that are owed something new.
        """
        with self._transaction() as connection:
            alert_log.withdraw(connection, alert_ids, now)
            disabled = self._disabled()
            return [key for alert_id in alert_ids for key in take_back(connection, alert_id, now, disabled)]

    def record(self, finished: Sequence[Finished], circuits: Mapping[Key, Circuit], now: int) -> list[Key]:
        """Writes what attempts came to, and the circuits after them; returns the endpoints owed something new by it.

        An alert that was taken back while it was being sent, and may have arrived, is owed its withdrawal here.
        """
        with self._transaction() as connection:
            disabled = self._disabled()
            owed = [one.due.key for one in finished if settle(connection, one, now, disabled)]
            for key, circuit in circuits.items():
                known = (circuit.failures, circuit.pauses, circuit.failing_since, circuit.open_until)
                connection.execute(_SAVE_CIRCUIT, (*known, circuit.disabled_reason, *key))
                if circuit.disabled_reason is not None:
                    give_up_all(connection, key, circuit.disabled_reason, now)
            return owed

    def due(self, key: Key, now: int, most: int, taken: Collection[str]) -> list[Due]:
        """The deliveries of an endpoint that may be sent now, the longest due first, without those already taken."""
        with self._lock:
            return due(self._connection, key, now, most, taken)

    def begin(self, wanted: Sequence[Due], now: int, *, grouping: bool = False) -> list[Due | None]:
        """What to send for each: numbered, and noted to be under way; None where there is nothing to send any more."""
        with self._transaction() as connection:
            return begin(connection, wanted, now, grouping=grouping)

    def recover(self, endpoint: Endpoint, since: int, now: int) -> tuple[int, int]:
        """Owes again what was given up since then, and what happened since and was never owed: how many of each."""
        with self._transaction() as connection:
            again = try_again(connection, endpoint.key, since, now)
            forget_not_sent(connection, endpoint.key, since)
            missed = [
                owe(connection, alert, endpoint, now, None, None)
                for alert in alert_log.standing_since(connection, endpoint.tenant, since)
                if endpoint.wants(alert.kind)
            ]
            return again, sum(missed)

    def alerts(self, tenant: str, cursor: int, limit: int) -> list[SaidAlert]:
        """A tenant's alerts as they were raised and withdrawn, after a cursor."""
        with self._lock:
            return alert_log.after(self._connection, tenant, cursor, limit)

    def next_due_at(self, key: Key, now: int) -> int | None:
        """When the next delivery of an endpoint becomes due after now."""
        with self._lock:
            (instant,) = self._connection.execute(_NEXT_DUE, (*key, now)).fetchone()
        return None if instant is None else int(instant)

    def deliveries(
        self, tenant: str, limit: int, *, endpoint_id: str | None = None, webhook_id: str | None = None
    ) -> list[DeliveryRow]:
        """What became of a tenant's alerts, the newest first; of one endpoint's, or of one alert, where it is named."""
        asked = {"tenant": tenant, "endpoint": endpoint_id, "webhook": webhook_id, "limit": limit}
        with self._lock:
            rows = self._connection.execute(_READ, asked).fetchall()
        return [DeliveryRow(*row) for row in rows]

    def waiting(self, tenant: str) -> dict[str, int]:
        """How many messages each endpoint of a tenant is still owed."""
        with self._lock:
            return dict(self._connection.execute(_WAITING, (tenant,)).fetchall())

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
        """Marks what was under way when an earlier process ended: its receiver may have it, though nothing says so."""
        with self._transaction() as connection:
            resume(connection, now, self._disabled())

    def tidy(self, now: int) -> None:
        """Gives up what could not be delivered within five days, and forgets what ended long ago."""
        with self._transaction() as connection:
            tidy(connection, now)
            alert_log.forget(connection, now)

    def _disabled(self) -> dict[Key, str]:
        rows = self._connection.execute(
            "SELECT tenant, endpoint_id, disabled_reason FROM webhook_endpoints WHERE disabled_reason IS NOT NULL"
        )
        return {(tenant, endpoint_id): reason for tenant, endpoint_id, reason in rows}


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
