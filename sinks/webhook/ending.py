"""What an attempt came to, what is given up, and what is tried again because somebody asks."""

from __future__ import annotations

import sqlite3

from schemas.instant import DAY
from sinks.webhook.delivery_row import Finished
from sinks.webhook.numbering import give_number
from sinks.webhook.owing import Key, switched_off
from sinks.webhook.schedule import GIVE_UP_AFTER
from sinks.webhook.shapes import GROUPED
from sinks.webhook.taking_back import Told, settle_withdrawn, told_there

# Longer than the horizon of 32 days in which a fact, and so an alert, may still be taken back.
KEPT_FOR = 40 * DAY

_ATTEMPTED = """
UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = ?, last_status = ?, reason = ?,
    unsure = max(unsure, ?), due_at = coalesce(?, due_at), under_way = 0
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_ENDED = """
UPDATE webhook_deliveries SET state = ?, ended_at = ? WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_ENDED_WITH = """
UPDATE webhook_deliveries SET state = ?, ended_at = ?, last_attempt_at = coalesce(?, last_attempt_at),
    last_status = coalesce(?, last_status), unsure = max(unsure, ?)
WHERE carrier = ? AND tenant = ? AND endpoint_id = ? AND state = 'grouped'
"""
_TAKEN_BACK_WITH = """
SELECT webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape, traceparent, state, 1, 0
FROM webhook_deliveries WHERE carrier = ? AND tenant = ? AND endpoint_id = ? AND state = 'withdrawn'
"""
_PENDING_OF = """
SELECT webhook_id, tenant, endpoint_id FROM webhook_deliveries
WHERE tenant = ? AND endpoint_id = ? AND state = 'pending' ORDER BY place
"""
_TOO_LATE = """
SELECT webhook_id, tenant, endpoint_id FROM webhook_deliveries
WHERE state = 'pending' AND max(first_due_at, enqueued_at) <= ? ORDER BY place
"""
_GIVE_UP = """
UPDATE webhook_deliveries SET state = 'abandoned', reason = ?, ended_at = ?
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_RESUME = """
UPDATE webhook_deliveries SET unsure = 1, under_way = 0 WHERE under_way = 1 RETURNING webhook_id, tenant, endpoint_id
"""
_RESUME_WITH = """
UPDATE webhook_deliveries SET unsure = 1 WHERE carrier = ? AND tenant = ? AND endpoint_id = ? AND state = 'grouped'
"""
_TRY_AGAIN = """
UPDATE webhook_deliveries SET state = 'pending', reason = NULL, ended_at = NULL, attempts = 0, enqueued_at = :now,
    due_at = :now, first_due_at = :now
WHERE tenant = :tenant AND endpoint_id = :endpoint AND state = 'abandoned' AND carrier IS NULL AND length(body) > 0
    AND ended_at >= :since
RETURNING webhook_id
"""
_GROUP_AGAIN = """
UPDATE webhook_deliveries SET state = 'grouped'
WHERE carrier = ? AND tenant = ? AND endpoint_id = ? AND state = 'abandoned'
"""
_FORGET_NOT_SENT = """
DELETE FROM webhook_deliveries WHERE tenant = ? AND endpoint_id = ? AND state = 'not_sent_old' AND happened_at >= ?
"""


def settle(connection: sqlite3.Connection, one: Finished, now: int, disabled: dict[Key, str]) -> bool:
    """Writes what an attempt came to; whether its endpoint is owed a withdrawal by that."""
    identity = one.due.identity
    seen = (one.attempted_at, one.status, one.reason, one.unsure, one.next_due_at)
    connection.execute(_ATTEMPTED, (*seen, *identity))
    told = told_there(connection, identity)
    if told is None:
        return False
    is_last = one.next_due_at is None and told.state == "pending"
    if one.delivered or is_last:
        connection.execute(_ENDED, ("delivered" if one.delivered else "abandoned", now, *identity))
    is_owed = told.kind == GROUPED and _settle_with(connection, one, told, now, disabled, is_last=is_last)
    if told.state != "withdrawn":
        return is_owed
    return settle_withdrawn(connection, told._replace(unsure=told.unsure or one.delivered), now, disabled)


def _settle_with(
    connection: sqlite3.Connection, one: Finished, told: Told, now: int, disabled: dict[Key, str], *, is_last: bool
) -> bool:
    """Every alert of a group fares as its message does; those that were taken back meanwhile are taken back aloud."""
    state = "delivered" if one.delivered else "abandoned" if is_last else "grouped"
    seen = (state, now, one.attempted_at, one.status, one.unsure)
    connection.execute(_ENDED_WITH, (*seen, *told.identity))
    if not (one.delivered or one.unsure):
        return False
    taken_back = [Told(*row) for row in connection.execute(_TAKEN_BACK_WITH, told.identity)]
    owed = [settle_withdrawn(connection, member, now, disabled) for member in taken_back]
    return True in owed


def give_up_all(connection: sqlite3.Connection, key: Key, reason: str, now: int) -> None:
    """Gives up what an endpoint that was disabled is owed."""
    for identity in connection.execute(_PENDING_OF, key).fetchall():
        _give_up(connection, identity, switched_off(reason), now)


def tidy(connection: sqlite3.Connection, now: int) -> None:
    """Gives up what could not be delivered within five days, and forgets what ended long ago."""
    for identity in connection.execute(_TOO_LATE, (now - GIVE_UP_AFTER,)).fetchall():
        _give_up(connection, identity, "too_late", now)
    connection.execute("DELETE FROM webhook_deliveries WHERE ended_at < ?", (now - KEPT_FOR,))


def _give_up(connection: sqlite3.Connection, identity: tuple[str, str, str], reason: str, now: int) -> None:
    # Its number stays missing, so that the receiver can see that it did not hear of this.
    give_number(connection, identity)
    connection.execute(_GIVE_UP, (reason, now, *identity))
    connection.execute(_ENDED_WITH, ("abandoned", now, None, None, 0, *identity))


def resume(connection: sqlite3.Connection, now: int, disabled: dict[Key, str]) -> None:
    """Marks what was under way when an earlier process ended: its receiver may have it, though nothing says so."""
    for identity in connection.execute(_RESUME).fetchall():
        connection.execute(_RESUME_WITH, identity)
        told = told_there(connection, identity)
        members = [Told(*row) for row in connection.execute(_TAKEN_BACK_WITH, identity)]
        for one in (told, *members):
            if one is not None and one.state == "withdrawn":
                settle_withdrawn(connection, one, now, disabled)


def try_again(connection: sqlite3.Connection, key: Key, since: int, now: int) -> int:
    """Owes again what was given up since then; how many messages that are."""
    asked = {"tenant": key[0], "endpoint": key[1], "since": since, "now": now}
    again = [row[0] for row in connection.execute(_TRY_AGAIN, asked).fetchall()]
    connection.executemany(_GROUP_AGAIN, [(webhook_id, *key) for webhook_id in again])
    return len(again)


def forget_not_sent(connection: sqlite3.Connection, key: Key, since: int) -> None:
    """Lets what was too old to be sent be owed after all."""
    connection.execute(_FORGET_NOT_SENT, (*key, since))
