"""What was raised and withdrawn lately, whoever was to hear of it: for those who ask, and for those who missed it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.instant import DAY
from sinks.webhook.alert import OutgoingAlert

# The horizon within which an alert may still be taken back.
LOOKED_BACK_DAYS = 32
LOOKED_BACK = LOOKED_BACK_DAYS * DAY

_KEEP = """
INSERT INTO alerts_said (tenant, alert_id, kind, account, subject, happened_at, said_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, alert_id) DO UPDATE SET withdrawn = 0, said_at = excluded.said_at,
    place = (SELECT max(place) + 1 FROM alerts_said) WHERE withdrawn = 1
"""
_WITHDRAW = """
UPDATE alerts_said SET withdrawn = 1, said_at = ?, place = (SELECT max(place) + 1 FROM alerts_said)
WHERE alert_id = ? AND withdrawn = 0
"""
_AFTER = """
SELECT place, alert_id, withdrawn, body FROM alerts_said
WHERE tenant = ? AND place > ? ORDER BY place LIMIT ?
"""
_STANDING = """
SELECT alert_id, tenant, kind, account, subject, happened_at, body FROM alerts_said
WHERE tenant = ? AND happened_at >= ? AND withdrawn = 0 ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class SaidAlert:
    """An alert as it stands: `cursor` rises whenever one is raised or withdrawn (1). `body` is what was said of it."""

    cursor: int
    alert_id: str
    withdrawn: int
    body: bytes = field(repr=False)


def keep(connection: sqlite3.Connection, alerts: Sequence[OutgoingAlert], now: int) -> None:
    """Keeps alerts, once each; one that was withdrawn and stands again comes anew. What is too old is left out."""
    connection.executemany(
        _KEEP,
        [
            (one.tenant, one.alert_id, one.kind, one.account, one.subject, one.happened_at, now, one.body)
            for one in alerts
            if now - one.happened_at < LOOKED_BACK
        ],
    )


def withdraw(connection: sqlite3.Connection, alert_ids: Sequence[str], now: int) -> None:
    """Marks alerts as withdrawn: they come once more, as such."""
    connection.executemany(_WITHDRAW, [(now, alert_id) for alert_id in alert_ids])


def after(connection: sqlite3.Connection, tenant: str, cursor: int, limit: int) -> list[SaidAlert]:
    """A tenant's next alerts after a cursor."""
    rows = connection.execute(_AFTER, (tenant, cursor, limit))
    return [SaidAlert(*row) for row in rows]


def standing_since(connection: sqlite3.Connection, tenant: str, since: int) -> list[OutgoingAlert]:
    """A tenant's alerts that happened since then and were not taken back, in the order in which they were said."""
    return [OutgoingAlert(*row) for row in connection.execute(_STANDING, (tenant, since))]


def forget(connection: sqlite3.Connection, now: int) -> None:
    """Lets go of what happened too long ago; never of the last one, so that no cursor is given twice."""
    connection.execute(
        "DELETE FROM alerts_said WHERE happened_at < ? AND place < (SELECT max(place) FROM alerts_said)",
        (now - LOOKED_BACK,),
    )
