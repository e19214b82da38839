"""Alerts that a fold raised or withdrew reach the webhook sink, once each, also after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.sink import WebhookSink
from streams.database import Database
from streams.embedded import Clock
from streams.sqlite_store import SqliteFoldStore

_SCHEMA = "CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
_AT_ONCE = 500
_NAP_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class AlertFeed:
    """A thread that reads alerts after its cursor. Handing one over twice has one effect, so the cursor may lag."""

    def __init__(self, database: Database, store: SqliteFoldStore, sink: WebhookSink, clock: Clock) -> None:
        database.create(_SCHEMA)
        self._database = database
        self._store = store
        self._sink = sink
        self._clock = clock
        self.wake = threading.Event()
        self.traceparent_of: Callable[[str], str | None] = lambda _: None
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert-feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self.wake.set()
        self._thread.join(10)

    def drain(self, timeout_seconds: float) -> bool:
        """Waits until everything raised so far is handed over."""
        self._idle.clear()
        self.wake.set()
        return self._idle.wait(timeout_seconds)

    def feed(self) -> int:
        """Hands over the next alerts; how many there were."""
        reader = self._database.reader()
        found = reader.execute("SELECT value FROM cursors WHERE name = 'webhooks'").fetchone()
        rows = self._store.alerts(found[0] if found else 0, _AT_ONCE)
        if not rows:
            return 0
        now = self._clock()
        raised = [
            OutgoingAlert(
                alert.alert_id,
                tenant,
                alert.kind,
                alert.account,
                alert.subject,
                alert.happened_at,
                alert.body,
                self.traceparent_of(alert.alert_id),
            )
            for _, tenant, alert, is_withdrawn in rows
            if not is_withdrawn
        ]
        self._sink.enqueue(raised, now)
        withdrawn = [alert.alert_id for _, _, alert, is_withdrawn in rows if is_withdrawn]
        if withdrawn:
            self._sink.withdraw(withdrawn, now)
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO cursors VALUES ('webhooks', ?)", (rows[-1][0],))
        return len(rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.wake.clear()
            try:
                fed = self.feed()
            except Exception as error:  # noqa: BLE001 - told and tried again: alerts wait in the database
                _log.error("alerts_not_handed_over", error=type(error).__name__)
                self._stopping.wait(_NAP_SECONDS)
                continue
            if not fed:
                self._idle.set()
                self.wake.wait(_NAP_SECONDS)
