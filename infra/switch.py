"""Putting a rebuilt state in the place of the old one, in one transaction."""

from __future__ import annotations

from pathlib import Path

from streams.database import Database

# Alerts that were raised before and are not raised any more are withdrawn; new ones are history and alert nobody.
_WITHDRAW = """
UPDATE alerts SET withdrawn = 1, row = row + (SELECT max(row) FROM alerts)
WHERE withdrawn = 0 AND NOT EXISTS (
    SELECT 1 FROM rebuilt.alerts AS new
    WHERE new.tenant = alerts.tenant AND new.alert_id = alerts.alert_id AND new.withdrawn = 0
)
"""
_REPLACED = ("headers", "cells", "timers", "open_cells")


def switch_caches(database: Database, rebuilt: Path) -> None:
    """Replaces headers, cells, timers and open cells by those of a rebuilt database; the journal is not touched."""
    with database.attached(rebuilt, "rebuilt") as connection:
        for table in _REPLACED:
            connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 - names of our own tables
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM rebuilt.{table}")  # noqa: S608
        connection.execute(_WITHDRAW)
