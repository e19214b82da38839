"""What follows when an alert no longer holds: who heard of it is told so, and who did not is spared both."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import NamedTuple

from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.numbering import Identity, give_number, release_number
from sinks.webhook.owing import Entry, Key, enter, switched_off
from sinks.webhook.shapes import WITHDRAWN_SUFFIX, Shape, withdrawn_body

_TOLD_OF = """
SELECT webhook_id, tenant, endpoint_id, kind, account, subject, happened_at, shape, traceparent, state, unsure,
    under_way FROM webhook_deliveries WHERE webhook_id = ?
"""
_TOLD = f"{_TOLD_OF} ORDER BY tenant, endpoint_id"
_TOLD_THERE = f"{_TOLD_OF} AND tenant = ? AND endpoint_id = ?"
_WITHDRAWN = """
UPDATE webhook_deliveries SET state = 'withdrawn', ended_at = ?, carrier = iif(state = 'cooled_down', NULL, carrier)
WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_COOLED = """
SELECT webhook_id FROM webhook_deliveries
WHERE carrier = ? AND tenant = ? AND endpoint_id = ? AND state = 'cooled_down' ORDER BY place DESC
"""
_REVIVE = """
UPDATE webhook_deliveries SET state = 'pending', reason = NULL, carrier = NULL, ended_at = NULL, due_at = ?,
    first_due_at = ?, enqueued_at = ? WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_COOL_BY = "UPDATE webhook_deliveries SET carrier = ? WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?"

_UNTOLD = ("pending", "grouped", "abandoned", "cooled_down", "not_sent_old")


class Told(NamedTuple):
    """A delivery, as far as its withdrawal needs to know it."""

    webhook_id: str
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
    under_way: int

    @property
    def key(self) -> Key:
        """The endpoint's."""
        return (self.tenant, self.endpoint_id)

    @property
    def identity(self) -> Identity:
        """The delivery's."""
        return (self.webhook_id, self.tenant, self.endpoint_id)


def take_back(connection: sqlite3.Connection, alert_id: str, now: int, disabled: dict[Key, str]) -> list[Key]:
    """Takes an alert back wherever it is owed; the endpoints that are owed something new by that."""
    owed = []
    for told in [Told(*row) for row in connection.execute(_TOLD, (alert_id,))]:
        if told.state in _UNTOLD:
            connection.execute(_WITHDRAWN, (now, *told.identity))
        # What is under way is settled when its attempt has ended.
        is_owed = not told.under_way and settle_withdrawn(connection, told, now, disabled)
        if _revive(connection, told, now) or is_owed:
            owed.append(told.key)
    return owed


def told_there(connection: sqlite3.Connection, identity: Identity) -> Told | None:
    """A delivery by its identity."""
    found = connection.execute(_TOLD_THERE, identity).fetchone()
    return None if found is None else Told(*found)


def settle_withdrawn(connection: sqlite3.Connection, told: Told, now: int, disabled: dict[Key, str]) -> bool:
    """Owes the withdrawal of what may be known; of what is not, the number is given back, or filled where it cannot."""
    if told.state == "delivered" or told.unsure:
        return _owe_withdrawal(connection, told, now, disabled, None)
    number = release_number(connection, told.identity)
    return number is not None and _owe_withdrawal(connection, told, now, disabled, number)


def _owe_withdrawal(
    connection: sqlite3.Connection, told: Told, now: int, disabled: dict[Key, str], number: int | None
) -> bool:
    told_of = (told.kind, told.account, told.subject, told.happened_at)
    alert = OutgoingAlert(told.webhook_id, told.tenant, *told_of, b"", told.traceparent)
    body = withdrawn_body(alert, told.shape, now)
    withdrawal = replace(alert, alert_id=alert.alert_id + WITHDRAWN_SUFFIX)
    off = disabled.get(told.key)
    entry = Entry("pending", None, body, now, now)
    if off is not None:
        entry = replace(entry, state="abandoned", reason=switched_off(off))
    is_new = enter(connection, withdrawal, told.key, told.shape, entry, now)
    if is_new and (number is not None or off is not None):
        give_number(connection, (withdrawal.alert_id, *told.key), number)
    return is_new


def _revive(connection: sqlite3.Connection, told: Told, now: int) -> bool:
    """Tells the newest of what was not told only because this alert had been; the others wait for that one."""
    cooled = [row[0] for row in connection.execute(_COOLED, told.identity)]
    if cooled:
        connection.execute(_REVIVE, (now, now, now, cooled[0], *told.key))
        connection.executemany(_COOL_BY, [(cooled[0], other, *told.key) for other in cooled[1:]])
    return bool(cooled)
