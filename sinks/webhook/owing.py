"""What is an endpoint owed of an alert: it now, later, with others, or nothing?"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from schemas.instant import HOUR, SECOND
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.delivery_row import State
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.numbering import give_number
from sinks.webhook.shapes import WITHDRAWN_SUFFIX, Shape, UnsendableAlert, render

# A calendar that stays closed for longer than a long weekend holds nothing up for longer.
LONGEST_QUIET = 96 * HOUR

Key = tuple[str, str]

_INSERT = """
INSERT INTO webhook_deliveries (webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape,
    traceparent, body, state, reason, enqueued_at, due_at, ended_at, thread, place, first_due_at, carrier, headline)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    (SELECT coalesce(max(place), 0) + 1 FROM webhook_deliveries), ?, ?, ?)
ON CONFLICT (webhook_id, tenant, endpoint_id) DO NOTHING
"""
# Taken back while it was being sent, alone or with others: what is sent is true again.
_STANDS_AGAIN = """
UPDATE webhook_deliveries AS one SET state = iif(carrier IS NULL, 'pending', 'grouped'), ended_at = NULL
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ? AND state = 'withdrawn' AND unsure = 0
    AND (under_way OR EXISTS (
    SELECT 1 FROM webhook_deliveries AS message WHERE message.webhook_id = one.carrier AND message.state = 'pending'
        AND message.tenant = one.tenant AND message.endpoint_id = one.endpoint_id))
"""
_FORGET_UNHEARD = """
DELETE FROM webhook_deliveries AS one
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ? AND state = 'withdrawn' AND unsure = 0 AND NOT EXISTS (
    SELECT 1 FROM webhook_deliveries AS told WHERE told.webhook_id = one.webhook_id || ? AND told.tenant = one.tenant
        AND told.endpoint_id = one.endpoint_id)
"""
_COOLING = """
SELECT webhook_id FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND kind = ? AND subject = ? AND enqueued_at > ?
    AND state IN ('pending', 'grouped', 'delivered') AND webhook_id <> ? ORDER BY place DESC LIMIT 1
"""
_GATHERING = """
SELECT max(due_at) FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND thread = ? AND state = 'pending' AND number IS NULL AND due_at > ?
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a delivery begins: its state and body, when it may first be told, and what it waits for."""

    state: State
    reason: str | None
    body: bytes
    first_due_at: int
    due_at: int
    carrier: str | None = None
    headline: str = ""


def thread_of(alert: OutgoingAlert) -> str:
    """What an alert is told in order with: those of its account, or of its subject where it concerns none."""
    return alert.subject if alert.account is None else alert.account


def owe(
    connection: sqlite3.Connection,
    alert: OutgoingAlert,
    endpoint: Endpoint,
    now: int,
    max_age: int | None,
    disabled: str | None,
) -> bool:
    """Enters what an endpoint is owed of an alert, once for ever; whether it is owed something new.

    One that was told and taken back is not told again, one that nobody heard of is. One that is older than `max_age`
    microseconds is only logged; `disabled` is why the endpoint is told nothing now, though its number is counted.
    """
    identity = (alert.alert_id, *endpoint.key)
    if connection.execute(_STANDS_AGAIN, identity).rowcount:
        return False
    connection.execute(_FORGET_UNHEARD, (*identity, WITHDRAWN_SUFFIX))
    entry = _entry(connection, alert, endpoint, now, max_age, disabled)
    is_new = enter(connection, alert, endpoint.key, endpoint.shape, entry, now)
    if is_new and disabled is not None and entry.body:
        give_number(connection, identity)
    return is_new and entry.state == "pending"


def enter(connection: sqlite3.Connection, alert: OutgoingAlert, key: Key, shape: Shape, entry: Entry, now: int) -> bool:
    """Writes a delivery down, at the end of its thread; False where it is there."""
    told = (alert.kind, alert.account, alert.subject, alert.happened_at, shape, alert.traceparent)
    ended_at = None if entry.state == "pending" else now
    begins = (entry.body, entry.state, entry.reason, now, entry.due_at, ended_at)
    waits = (thread_of(alert), entry.first_due_at, entry.carrier, entry.headline)
    return connection.execute(_INSERT, (alert.alert_id, *key, *told, *begins, *waits)).rowcount == 1


def _entry(
    connection: sqlite3.Connection,
    alert: OutgoingAlert,
    endpoint: Endpoint,
    now: int,
    max_age: int | None,
    disabled: str | None,
) -> Entry:
    if max_age is not None and now - alert.happened_at > max_age:
        return Entry("not_sent_old", "old", b"", now, now)
    try:
        said = render(alert, endpoint.shape)
    except UnsendableAlert as error:
        return Entry("abandoned", str(error), b"", now, now)
    if disabled is not None:
        return Entry("abandoned", switched_off(disabled), said.body, now, now)
    cooling = _cooling(connection, alert, endpoint, now)
    if cooling is not None:
        return Entry("cooled_down", f"cool_down: {cooling}", said.body, now, now, cooling, said.headline)
    first_due_at = now
    if said.opens_at is not None and endpoint.waits_for_office_hours(alert.kind):
        first_due_at = min(max(now, said.opens_at), now + LONGEST_QUIET)
    due_at = _gathering_until(connection, alert, endpoint, first_due_at)
    return Entry("pending", None, said.body, first_due_at, due_at, headline=said.headline)


def _cooling(connection: sqlite3.Connection, alert: OutgoingAlert, endpoint: Endpoint, now: int) -> str | None:
    if not endpoint.cool_down_seconds:
        return None
    since = now - endpoint.cool_down_seconds * SECOND
    found = connection.execute(_COOLING, (*endpoint.key, alert.kind, alert.subject, since, alert.alert_id)).fetchone()
    return None if found is None else str(found[0])


def _gathering_until(
    connection: sqlite3.Connection, alert: OutgoingAlert, endpoint: Endpoint, first_due_at: int
) -> int:
    """The end of the time in which a group is gathered: the first of it began that, the others do not put it off."""
    if not endpoint.group_seconds:
        return first_due_at
    until = first_due_at + endpoint.group_seconds * SECOND
    (begun,) = connection.execute(_GATHERING, (*endpoint.key, thread_of(alert), first_due_at)).fetchone()
    return until if begun is None else min(until, int(begun))


def switched_off(reason: str) -> str:
    """The reason of what an endpoint is not told because it is disabled."""
    return f"endpoint_disabled: {reason}"
