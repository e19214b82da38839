"""The two tables of the delivery log."""

from __future__ import annotations

TABLES: tuple[str, ...] = (
    """
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
""",
    """
CREATE INDEX IF NOT EXISTS webhook_deliveries_due
    ON webhook_deliveries (tenant, endpoint_id, due_at) WHERE state = 'pending'
""",
    "CREATE INDEX IF NOT EXISTS webhook_deliveries_read ON webhook_deliveries (tenant, enqueued_at)",
    "CREATE INDEX IF NOT EXISTS webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL",
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
)
