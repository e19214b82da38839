"""Which number does a message have among those that an endpoint is told of one account?

Numbers are given in the order of telling, without gaps, so that a receiver who misses one sees that it did. One is
given when a message is sent for the first time, or given up: what is taken back before that has none.
"""

from __future__ import annotations

import sqlite3

from sinks.webhook.shapes import numbered

Identity = tuple[str, str, str]

_FIND = """
SELECT thread, number, shape, body FROM webhook_deliveries WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?
"""
_NEXT = """
INSERT INTO webhook_threads (tenant, endpoint_id, thread, last_number) VALUES (?, ?, ?, 1)
ON CONFLICT (tenant, endpoint_id, thread) DO UPDATE SET last_number = last_number + 1 RETURNING last_number
"""
_GIVE = "UPDATE webhook_deliveries SET number = ?, body = ? WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?"
_RELEASE = """
UPDATE webhook_threads SET last_number = last_number - 1
WHERE tenant = ? AND endpoint_id = ? AND thread = ? AND last_number = ?
"""
_UNNUMBER = "UPDATE webhook_deliveries SET number = NULL WHERE webhook_id = ? AND tenant = ? AND endpoint_id = ?"


def give_number(connection: sqlite3.Connection, identity: Identity, number: int | None = None) -> bytes:
    """Numbers a delivery, unless it is; its body from now on, which says the number where its shape can."""
    thread, given, shape, body = connection.execute(_FIND, identity).fetchone()
    if given is not None:
        return bytes(body)
    if number is None:
        ((number,),) = connection.execute(_NEXT, (*identity[1:], thread)).fetchall()
    told = numbered(body, thread, number) if shape == "standard" else bytes(body)
    connection.execute(_GIVE, (number, told, *identity))
    return told


def release_number(connection: sqlite3.Connection, identity: Identity) -> int | None:
    """Takes the number of a message back that nobody heard; the number itself where later ones were given already."""
    thread, number, _, _ = connection.execute(_FIND, identity).fetchone()
    if number is None:
        return None
    released = connection.execute(_RELEASE, (*identity[1:], thread, number)).rowcount == 1
    if released:
        connection.execute(_UNNUMBER, identity)
    return None if released else int(number)
