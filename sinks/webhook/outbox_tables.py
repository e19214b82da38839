"""The tables of the delivery log, and what brings those of an older file up to date."""

from __future__ import annotations

import sqlite3

_DELIVERIES = """
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    webhook_id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT,
    subject TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    shape TEXT NOT NULL,
    traceparent TEXT,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    unsure INTEGER NOT NULL DEFAULT 0,
    enqueued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    last_attempt_at INTEGER,
    last_status INTEGER,
    ended_at INTEGER,
    UNIQUE (webhook_id, tenant, endpoint_id)
)
"""
# `thread` is what is told in order: the account, or the subject of what concerns none; `place` the order itself.
# `first_due_at` is when it may first be told, `number` what its receiver counts, `under_way` 1 while it is being sent,
# `carrier` the message that tells it with others, or the alert for whose sake it is not told yet.
_ADDED = {
    "thread": "TEXT NOT NULL DEFAULT ''",
    "place": "INTEGER NOT NULL DEFAULT 0",
    "first_due_at": "INTEGER NOT NULL DEFAULT 0",
    "number": "INTEGER",
    "under_way": "INTEGER NOT NULL DEFAULT 0",
    "carrier": "TEXT",
    "headline": "TEXT NOT NULL DEFAULT ''",
}
_AS_IF_ENTERED = """
UPDATE webhook_deliveries SET thread = coalesce(account, subject), place = rowid, first_due_at = enqueued_at,
    under_way = state = 'pending'
"""
_OTHERS = (
    """
CREATE INDEX IF NOT EXISTS webhook_deliveries_due
    ON webhook_deliveries (tenant, endpoint_id, due_at) WHERE state = 'pending'
""",
    """
CREATE INDEX IF NOT EXISTS webhook_deliveries_thread
    ON webhook_deliveries (tenant, endpoint_id, thread, place) WHERE state = 'pending' OR under_way
""",
    "CREATE INDEX IF NOT EXISTS webhook_deliveries_place ON webhook_deliveries (place)",
    """
CREATE INDEX IF NOT EXISTS webhook_deliveries_carrier
    ON webhook_deliveries (carrier, tenant, endpoint_id) WHERE carrier IS NOT NULL
""",
    """
CREATE INDEX IF NOT EXISTS webhook_deliveries_subject
    ON webhook_deliveries (tenant, endpoint_id, kind, subject, enqueued_at)
""",
    "CREATE INDEX IF NOT EXISTS webhook_deliveries_read ON webhook_deliveries (tenant, enqueued_at)",
    "CREATE INDEX IF NOT EXISTS webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL",
    """
CREATE TABLE IF NOT EXISTS webhook_threads (
    tenant TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    thread TEXT NOT NULL,
    last_number INTEGER NOT NULL,
    PRIMARY KEY (tenant, endpoint_id, thread)
) WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS webhook_endpoints (
    tenant TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    url_digest TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    pauses INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    open_until INTEGER,
    disabled_reason TEXT,
    PRIMARY KEY (tenant, endpoint_id)
) WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS alerts_said (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    account TEXT,
    subject TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    said_at INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL,
    UNIQUE (tenant, alert_id)
)
""",
    "CREATE INDEX IF NOT EXISTS alerts_said_read ON alerts_said (tenant, place)",
    "CREATE INDEX IF NOT EXISTS alerts_said_happened ON alerts_said (happened_at)",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Makes what is missing. What an older version left pending may have arrived: it did not say what was under way."""
    connection.execute(_DELIVERIES)
    known = {row[1] for row in connection.execute("PRAGMA table_info(webhook_deliveries)")}
    missing = {name: form for name, form in _ADDED.items() if name not in known}
    for name, form in missing.items():
        connection.execute(f"ALTER TABLE webhook_deliveries ADD COLUMN {name} {form}")
    if missing:
        connection.execute(_AS_IF_ENTERED)
    for statement in _OTHERS:
        connection.execute(statement)
