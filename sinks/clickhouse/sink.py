"""The ClickHouse sink: facts in typed tables, upserted by id, read back through views."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.facts import FACT_KINDS
from sinks.clickhouse.batch import Batch, batches
from sinks.clickhouse.columns import table_of
from sinks.clickhouse.connection import WRITE_SETTINGS, Connection, ReadLimits
from sinks.clickhouse.digest import tables_digest
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.presence import kinds_with_rows
from sinks.contract import Statement

MOST_ROWS = 100_000
"""Rows of one insert, which is one part and so is there whole or not at all."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was read: names and ClickHouse types of the columns, and the rows as Python values, instants in UTC."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class ClickHouseSink:
    """Writes statements and reads views. Sending the same statements again has no effect, in any mixture of batches.

    That holds because reading is keyed (of an id the highest revision counts), not because the engine would recognise
    a repeated insert. A position is saved after the rows it stands for.
    """

    name = "clickhouse"

    def __init__(self, connection: Connection, source: str = "outbox") -> None:
        """`source` names where the tokens come from: each source has its own position."""
        self._connection = connection
        self._source = source
        self._lock = threading.Lock()
        self._tenants: dict[str, None] = {}

    @classmethod
    def open(cls, dsn: str, migrations: Path, limits: ReadLimits | None = None) -> ClickHouseSink:
        """Connects and brings the tables up to date. Raises SinkUnreachable or MigrationRefused."""
        connection = Connection(dsn, limits)
        try:
            with connection.writer() as client:
                migrate(client, migrations)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def for_source(self, source: str) -> ClickHouseSink:
        """A sink over the same connection for the tokens of another source, such as a rebuild; it needs no close."""
        other = ClickHouseSink(self._connection, source)
        other._lock, other._tenants = self._lock, self._tenants
        return other

    def write(self, statements: Sequence[Statement], positions: Mapping[str, int] | None = None) -> None:
        """Makes the statements visible; raises UnwritableStatement before anything of them is written.

        `positions` says by source how far they reach where they are of several; else the last token is this source's.
        """
        if not statements and not positions:
            return
        ready = batches(statements, MOST_ROWS)
        with self._lock:
            self._introduce(statements)
            for batch in ready:
                self._insert(batch)
            if positions is None:
                self._save_position(statements[-1].token)
            else:
                self._insert(_positions(positions))

    def position(self) -> int:
        """The highest token whose statements, and all before it, are durably written; -1 when empty."""
        with self._lock:
            return self._read_position()

    def read(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
        """Runs one SELECT, which can change nothing, under the connection's limits.

        Values go in as `{name:Type}`. Which views and whose rows it may name is its caller's to check.
        Raises ReadFailed, which tells when the query wanted more than the limits.
        """
        with self._connection.reader() as client:
            result = client.query(sql, parameters=dict(parameters or {}))
            types = tuple(kind.name for kind in result.column_types)
            return Result(tuple(result.column_names), types, [tuple(row) for row in result.result_rows])

    def tables_digest(self, tenant: str) -> Mapping[str, str]:
        """Fact kind to SHA-256 of the tenant's current facts, equal wherever the same is currently known."""
        with self._connection.writer() as client:
            return tables_digest(client, tenant)

    def active_generation(self, tenant: str) -> int:
        """The generation that the views show of the tenant; 0 unless another one was activated."""
        return self._generation(tenant)[0]

    def activate(self, tenant: str, generation: int) -> None:
        """Lets every view show this generation of the tenant, all at once. Activating it again changes nothing."""
        with self._lock:
            active, version = self._generation(tenant)
            if active != generation or version == 0:
                self._insert(_generations([tenant], generation, version + 1))
            self._tenants[tenant] = None

    def delete_generation(self, tenants: Sequence[str], generation: int) -> None:
        """Removes a generation's rows of tenants from the files, not only from sight; ValueError when one is active.

        Tenants share tables, and each removal writes what stays of them again: so it is of many tenants at once.
        """
        for tenant in tenants:
            if self.active_generation(tenant) == generation:
                raise ValueError(
                    f"generation {generation} of tenant {tenant!r} is what readers see: activate another first"
                )
        which = "tenant IN {tenants:Array(String)} AND generation = {generation:UInt32}"
        parameters = {"tenants": list(tenants), "generation": generation}
        with self._lock:
            with self._connection.writer() as client:
                kinds = kinds_with_rows(client, which, parameters)
            for table in map(table_of, kinds):
                self._command(f"ALTER TABLE {table} DELETE WHERE {which} SETTINGS mutations_sync = 1", parameters)

    def reset(self) -> None:
        """Empties every table, so that the source can be read again from its beginning."""
        with self._lock:
            for table in ("sink_positions", *(table_of(kind) for kind in FACT_KINDS), "generations"):
                self._command(f"TRUNCATE TABLE {table}", {})
            self._tenants.clear()

    def close(self) -> None:
        """Closes the connection, for every source."""
        self._connection.close()

    def _insert(self, batch: Batch) -> None:
        with self._connection.writer() as client:
            client.insert(
                batch.table,
                batch.columns,
                column_names=batch.names,
                column_type_names=batch.types,
                column_oriented=True,
                settings=dict(WRITE_SETTINGS),
            )

    def _command(self, sql: str, parameters: Mapping[str, Any]) -> None:
        with self._connection.writer() as client:
            client.command(sql, parameters=dict(parameters))

    def _select(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with self._connection.writer() as client:
            return client.query(sql, parameters=dict(parameters)).result_rows

    def _introduce(self, statements: Sequence[Statement]) -> None:
        """Gives each new tenant generation 0, without which no view would show it."""
        met = dict.fromkeys([statement.tenant for statement in statements])
        if met.keys() <= self._tenants.keys():
            return
        if not self._tenants:
            rows = self._select("SELECT DISTINCT tenant FROM generations", {})
            self._tenants.update(dict.fromkeys(tenant for (tenant,) in rows))
        new = [tenant for tenant in met if tenant not in self._tenants]
        if new:
            self._insert(_generations(new, 0, 0))
            self._tenants.update(dict.fromkeys(new))

    def _generation(self, tenant: str) -> tuple[int, int]:
        rows = self._select(
            "SELECT generation, version FROM generations FINAL WHERE tenant = {tenant:String}", {"tenant": tenant}
        )
        return (rows[0][0], rows[0][1]) if rows else (0, 0)

    def _read_position(self) -> int:
        rows = self._select(
            "SELECT max(position) FROM sink_positions WHERE source = {source:String} HAVING count() > 0",
            {"source": self._source},
        )
        return int(rows[0][0]) if rows else -1

    def _save_position(self, token: int) -> None:
        if token > self._read_position():
            self._insert(_positions({self._source: token}))


def _generations(tenants: list[str], generation: int, version: int) -> Batch:
    columns = (tenants, [generation] * len(tenants), [version] * len(tenants))
    return Batch("generations", ("tenant", "generation", "version"), ("String", "UInt32", "UInt64"), columns)


def _positions(positions: Mapping[str, int]) -> Batch:
    # Of several rows of one source the highest holds: one that is written again does no harm.
    columns = (list(positions), list(positions.values()))
    return Batch("sink_positions", ("source", "position"), ("String", "Int64"), columns)
