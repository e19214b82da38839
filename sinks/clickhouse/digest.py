"""Are two databases equal? A digest of the current content of each kind's table, whatever way it came there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from clickhouse_connect.driver.client import Client

from schemas.fact import Fact
from schemas.facts import FACT_KINDS
from sinks.clickhouse.columns import columns_of, table_of
from sinks.clickhouse.presence import kinds_with_rows

_ACTIVE = "SELECT max(generation) FROM generations FINAL WHERE tenant = {tenant:String}"
_CHUNK = 1 << 20
_NOTHING = hashlib.sha256().hexdigest()


def tables_digest(client: Client, tenant: str) -> Mapping[str, str]:
    """Fact kind to SHA-256 of the tenant's current facts in the active generation.

    Rows are taken as RowBinary in the order of their ids; revision, generation and the instant they were said are left
    out. Of a kind that keeps its history every statement counts that was not retracted afterwards.
    """
    known = kinds_with_rows(client, "tenant = {tenant:String}", {"tenant": tenant})
    return {kind.kind: _digest(client, kind, tenant) if kind in known else _NOTHING for kind in FACT_KINDS}


def _digest(client: Client, kind: type[Fact], tenant: str) -> str:
    names = ["fact_id", *(f"`{column.name}`" for column in columns_of(kind))]
    table = table_of(kind)
    said = f"tenant = {{tenant:String}} AND generation = ({_ACTIVE})"
    kept = f"AND fact_id NOT IN (SELECT fact_id FROM {table} WHERE {said} AND retracted)" if kind.history else ""  # noqa: S608
    order = ", ".join(names) if kind.history else "fact_id"
    sql = f"SELECT {', '.join(names)} FROM {table} FINAL WHERE {said} AND NOT retracted {kept} ORDER BY {order}"  # noqa: S608
    content = hashlib.sha256()
    with client.raw_stream(sql, parameters={"tenant": tenant}, fmt="RowBinary") as stream:
        while chunk := stream.read(_CHUNK):
            content.update(chunk)
    return content.hexdigest()
