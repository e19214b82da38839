"""What is told next, in which order, and as which message?

Of one thread (an account) one message is under way at a time, so that its order is kept whatever fails; other threads
do not wait for it. What cannot be told for an hour holds the others of its thread up no longer: their numbers show that
something is missing, and it follows when it can.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace

from schemas.instant import HOUR
from sinks.webhook.delivery_row import Due
from sinks.webhook.numbering import Identity, give_number
from sinks.webhook.owing import Key
from sinks.webhook.shapes import GROUPED, GroupedAlert, grouped_body

PATIENCE = HOUR
GROUP_SUFFIX = ".group"
_MOST_GROUPED = 100

_DUE = """
SELECT webhook_id, tenant, endpoint_id, shape, body, traceparent, attempts FROM webhook_deliveries AS one
WHERE tenant = :tenant AND endpoint_id = :endpoint AND state = 'pending' AND due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM webhook_deliveries AS earlier
    WHERE earlier.tenant = :tenant AND earlier.endpoint_id = :endpoint AND earlier.thread = one.thread
        AND (earlier.state = 'pending' OR earlier.under_way) AND earlier.place < one.place
        AND earlier.first_due_at <= :now AND earlier.first_due_at > :now - :patience)
ORDER BY due_at, place LIMIT :most
"""
_STANDS = """
SELECT number FROM webhook_deliveries WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ? AND state = 'pending'
"""
_UNDER_WAY = "UPDATE webhook_deliveries SET under_way = 1 WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?"
_WITH = """
SELECT other.webhook_id, other.tenant, other.kind, other.account, other.happened_at, other.headline, other.body
FROM webhook_deliveries AS other
JOIN webhook_deliveries AS first ON first.webhook_id = ? AND first.tenant = other.tenant
    AND first.endpoint_id = other.endpoint_id AND first.thread = other.thread
WHERE other.tenant = ? AND other.endpoint_id = ? AND other.state = 'pending' AND other.number IS NULL
    AND other.due_at <= ? AND other.headline <> '' ORDER BY other.place LIMIT ?
"""
_LED = "SELECT count(*) FROM webhook_deliveries WHERE webhook_id GLOB ? AND tenant = ? AND endpoint_id = ?"
_MESSAGE = """
INSERT INTO webhook_deliveries (webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape,
    traceparent, body, state, enqueued_at, due_at, thread, place, first_due_at)
SELECT ?, tenant, endpoint_id, ?, account, ?, happened_at, shape, traceparent, ?, 'pending', ?, due_at, thread, place,
    first_due_at FROM webhook_deliveries WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_JOIN = """
UPDATE webhook_deliveries SET state = 'grouped', carrier = ?, ended_at = ?
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""


def due(connection: sqlite3.Connection, key: Key, now: int, most: int, taken: Collection[str]) -> list[Due]:
    """What an endpoint may be told now, the longest due first, without what is taken already."""
    asked = {"tenant": key[0], "endpoint": key[1], "now": now, "patience": PATIENCE, "most": most + len(taken)}
    found = [Due(*row) for row in connection.execute(_DUE, asked)]
    return [one for one in found if one.webhook_id not in taken][:most]


def begin(connection: sqlite3.Connection, wanted: Sequence[Due], now: int, *, grouping: bool) -> list[Due | None]:
    """Numbers what is about to be sent and notes that it is under way; None for what need not be sent any more.

    With `grouping`, what is due of the same thread goes into one message, which is then what is sent.
    """
    begun: list[Due | None] = []
    for one in wanted:
        stands = connection.execute(_STANDS, one.identity).fetchone()
        if stands is None:
            begun.append(None)
            continue
        message = _gathered(connection, one, now) if grouping and stands[0] is None else one
        body = give_number(connection, message.identity)
        connection.execute(_UNDER_WAY, message.identity)
        begun.append(replace(message, body=body))
    return begun


def _message_id(connection: sqlite3.Connection, first_id: str, key: Key) -> str:
    """The first alert's id with a suffix; another one where that alert, taken back and said again, had led a group."""
    (led,) = connection.execute(_LED, (f"{first_id}{GROUP_SUFFIX}*", *key)).fetchone()
    return f"{first_id}{GROUP_SUFFIX}{led or ''}"


def _gathered(connection: sqlite3.Connection, first: Due, now: int) -> Due:
    """The message that tells what is due of a thread; the first alone where there is nothing with it."""
    rows = connection.execute(_WITH, (first.webhook_id, *first.key, now, _MOST_GROUPED)).fetchall()
    members = [GroupedAlert(*row) for row in rows]
    # A withdrawal says nothing in a line, and is told by itself.
    if first.webhook_id not in [one.webhook_id for one in members]:
        return first
    body, count = grouped_body(members, first.shape, now)
    if count < 2:
        return first
    identity: Identity = (_message_id(connection, members[0].webhook_id, first.key), *first.key)
    said = (GROUPED, f"{count} alerts", body, now)
    connection.execute(_MESSAGE, (identity[0], *said, members[0].webhook_id, *first.key))
    connection.executemany(_JOIN, [(identity[0], now, one.webhook_id, *first.key) for one in members[:count]])
    return Due(*identity, first.shape, body, first.traceparent, 0)
