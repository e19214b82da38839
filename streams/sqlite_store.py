"""Folds saved in the database file: cells, header, outbox and alerts of a batch in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from sinks.contract import Packed, Statement
from streams.batch import AnyBatch, CellId, Header, RaisedAlert
from streams.database import Database, insert
from streams.dead_letter import letter_said
from streams.failpoint import failpoint
from streams.failures import OutOfStep
from streams.log import Letter
from streams.outbox import Outbox, Saying

_SCHEMA = """
CREATE TABLE IF NOT EXISTS headers (
    tenant TEXT PRIMARY KEY, position INTEGER NOT NULL, clock INTEGER NOT NULL, clock_mode TEXT NOT NULL,
    backfill TEXT, backfill_clock INTEGER NOT NULL, generation INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cells (
    tenant TEXT NOT NULL, processor TEXT NOT NULL, key TEXT NOT NULL, part TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (tenant, processor, key, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (
    tenant TEXT NOT NULL, processor TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL,
    PRIMARY KEY (tenant, processor, key, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS open_cells (
    tenant TEXT NOT NULL, processor TEXT NOT NULL, key TEXT NOT NULL, account TEXT NOT NULL,
    PRIMARY KEY (tenant, processor, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alerts (
    row INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, alert_id TEXT NOT NULL, about_id TEXT NOT NULL,
    kind TEXT NOT NULL, account TEXT, subject TEXT NOT NULL, happened_at INTEGER NOT NULL, body BLOB NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS alerts_about ON alerts (tenant, about_id);
CREATE UNIQUE INDEX IF NOT EXISTS alerts_id ON alerts (tenant, alert_id);
"""
CACHES = ("headers", "cells", "timers", "open_cells", "outbox", "alerts")


class SqliteFoldStore:
    """Implements the fold store in a `Database`, and is the outbox that sinks read.

    `generation` is that of facts of tenants first saved here; a rebuild writes a new one.
    """

    def __init__(self, database: Database, generation: int = 0) -> None:
        self._database = database
        self._generation = generation
        database.create(_SCHEMA)
        self._outbox = Outbox(database)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    def header(self, tenant: str) -> Header | None:
        row = (
            self._database.reader()
            .execute(
                "SELECT position, clock, clock_mode, backfill, backfill_clock FROM headers WHERE tenant = ?", (tenant,)
            )
            .fetchone()
        )
        return Header(*row) if row else None

    def timers(self, tenant: str) -> Iterable[tuple[CellId, str, int]]:
        rows = self._database.reader().execute(
            "SELECT processor, key, name, due FROM timers WHERE tenant = ?", (tenant,)
        )
        return [(CellId(processor, key), name, due) for processor, key, name, due in rows]

    def open_cells(self, tenant: str) -> Iterable[tuple[CellId, str]]:
        rows = self._database.reader().execute(
            "SELECT processor, key, account FROM open_cells WHERE tenant = ?", (tenant,)
        )
        return [(CellId(processor, key), account) for processor, key, account in rows]

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        rows = self._database.find(
            "SELECT part, value FROM cells WHERE tenant = ? AND processor = ? AND key = ?",
            (tenant, cell.processor, cell.key),
        )
        return dict(rows) if rows else None

    def cells(self, tenant: str) -> Iterable[tuple[CellId, Mapping[str, bytes]]]:
        rows = self._database.reader().execute(
            "SELECT processor, key, part, value FROM cells WHERE tenant = ? ORDER BY processor, key, part", (tenant,)
        )
        for (processor, key), parts in groupby(rows, key=lambda row: (row[0], row[1])):
            yield CellId(processor, key), {part: value for _, _, part, value in parts}

    def tenants(self) -> Sequence[str]:
        return [tenant for (tenant,) in self._database.reader().execute("SELECT tenant FROM headers ORDER BY tenant")]

    def generation(self, tenant: str) -> int:
        """The generation of facts that the tenant's batches now belong to."""
        row = self._database.reader().execute("SELECT generation FROM headers WHERE tenant = ?", (tenant,)).fetchone()
        return row[0] if row else self._generation

    def latest_generation(self) -> int:
        """The highest generation of any tenant."""
        (latest,) = self._database.reader().execute("SELECT max(generation) FROM headers").fetchone()
        return self._generation if latest is None else latest

    def save(self, batches: Sequence[AnyBatch]) -> None:
        with self._outbox.saying() as saying:
            for batch in batches:
                _save(saying, batch, self._generation)
            failpoint("folding")

    def say_letters(self, tenant: str, letters: Sequence[Letter]) -> None:
        """Puts dead letters into the outbox: facts that no fold says. Saying one again changes nothing."""
        if letters:
            with self._outbox.saying() as saying:
                saying.say(tenant, self.generation(tenant), [letter_said(letter) for letter in letters])

    def statements(self, after: int, limit: int) -> list[Statement]:
        """The next statements of the outbox after a token."""
        return self._outbox.statements(after, limit)

    def packed(self, after: int, limit: int) -> list[Packed]:
        """About `limit` statements of the outbox after a token, as they are kept; the first run may begin before."""
        return self._outbox.packed(after, limit)

    def outbox_end(self) -> int:
        """The last token given, 0 before the first."""
        return self._outbox.end()

    def trim_outbox(self, up_to: int) -> None:
        """Forgets statements that every sink has."""
        self._outbox.trim(up_to)

    def alerts(self, after: int, limit: int) -> list[tuple[int, str, RaisedAlert, bool]]:
        """(row, tenant, alert, withdrawn) of the next alerts after a row; a withdrawal moves its alert to the end."""
        rows = self._database.reader().execute(
            "SELECT row, tenant, alert_id, about_id, kind, account, subject, happened_at, body, withdrawn FROM alerts "
            "WHERE row > ? ORDER BY row LIMIT ?",
            (after, limit),
        )
        return [(row[0], row[1], RaisedAlert(*row[2:9]), bool(row[9])) for row in rows]


def _save(saying: Saying, batch: AnyBatch, first_generation: int) -> None:
    tenant, header, connection = batch.tenant, batch.header, saying.connection
    row = connection.execute("SELECT position, generation FROM headers WHERE tenant = ?", (tenant,)).fetchone()
    saved, generation = row or (0, first_generation)
    if saved != batch.after:
        raise OutOfStep(tenant, batch.after, saved)
    connection.execute(
        "INSERT OR REPLACE INTO headers VALUES (?, ?, ?, ?, ?, ?, ?)",
        (tenant, header.position, header.clock, header.clock_mode, header.backfill, header.backfill_clock, generation),
    )
    insert(
        connection,
        "INSERT OR REPLACE INTO cells",
        [
            (tenant, cell.processor, cell.key, part, value)
            for cell, parts in batch.cells
            for part, value in parts.items()
        ],
    )
    _save_timers(connection, batch)
    _save_openings(connection, batch)
    saying.say(tenant, generation, batch.said)
    _save_alerts(connection, batch)


def _save_timers(connection: sqlite3.Connection, batch: AnyBatch) -> None:
    tenant = batch.tenant
    insert(
        connection,
        "INSERT OR REPLACE INTO timers",
        [(tenant, cell.processor, cell.key, name, due) for cell, name, due in batch.timers if due is not None],
    )
    connection.executemany(
        "DELETE FROM timers WHERE tenant = ? AND processor = ? AND key = ? AND name = ?",
        [(tenant, cell.processor, cell.key, name) for cell, name, due in batch.timers if due is None],
    )


def _save_openings(connection: sqlite3.Connection, batch: AnyBatch) -> None:
    tenant = batch.tenant
    insert(
        connection,
        "INSERT OR REPLACE INTO open_cells",
        [(tenant, cell.processor, cell.key, account) for cell, account in batch.openings if account is not None],
    )
    connection.executemany(
        "DELETE FROM open_cells WHERE tenant = ? AND processor = ? AND key = ?",
        [(tenant, cell.processor, cell.key) for cell, account in batch.openings if account is None],
    )


def _save_alerts(connection: sqlite3.Connection, batch: AnyBatch) -> None:
    """An alert is there once, at the end where it was raised, raised again or withdrawn last, to be told of."""
    tenant = batch.tenant
    for alert in batch.alerts:
        if alert.withdrawn:
            connection.execute(
                "UPDATE alerts SET withdrawn = 1, row = (SELECT max(row) + 1 FROM alerts) "
                "WHERE tenant = ? AND alert_id = ?",
                (tenant, alert.alert_id),
            )
        else:
            connection.execute(
                "INSERT INTO alerts (tenant, alert_id, about_id, kind, account, subject, happened_at, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, alert_id) DO UPDATE SET withdrawn = 0, "
                "row = (SELECT max(row) + 1 FROM alerts) WHERE withdrawn = 1",
                (tenant, *alert[:7]),
            )
