"""Rows of the views in values that JSON has, and rows with terms told as explanations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from infra.service import Service
from schemas.explanation import Explanation, Term
from sinks.clickhouse.sink import Result

Row = dict[str, Any]
Read = Callable[[str, Mapping[str, Any]], list[Row]]


def rows_of(service: Service, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a SELECT of ours, by column name."""
    result = service.clickhouse.read(sql, parameters)
    return [dict(zip(result.columns, plain_values(result, row), strict=True)) for row in result.rows]


def plain_values(result: Result, row: Sequence[Any]) -> list[Any]:
    """One row's values in the order of its columns, of which several may have one name."""
    return [_plain(name, value) for name, value in zip(result.columns, row, strict=True)]


def explained(  # noqa: PLR0913 - an explanation's parts, and where the row has them
    row: Row,
    subject: str,
    kind: str,
    total: float,
    unit: str,
    basis: str,
    *,
    terms: str = "terms",
    position: str = "position",
) -> Explanation:
    """A row told as why its subject is so; `terms` and `position` are the columns that have its reasons and record."""
    said = tuple([Term(label, amount, tuple(event_ids)) for label, amount, event_ids in row[terms] or ()])
    return Explanation(subject, kind, int(row[position]), total, unit, basis, said)


def explanations(
    read: Read, sql: str, tenant: str, id_: str, *said: Callable[[Row], Explanation | None]
) -> list[Explanation]:
    """What is said of each row of a SELECT about one thing of a tenant; None where a row has nothing to say of it."""
    return told_of(read(sql, {"tenant": tenant, "id": id_}), *said)


def told_of(rows: Sequence[Row], *said: Callable[[Row], Explanation | None]) -> list[Explanation]:
    """What is said of each row, one row after another."""
    return [one for row in rows for say in said if (one := say(row)) is not None]


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    # Reasons are read out of their JSON.
    if isinstance(value, str) and (name.endswith("terms") or name in ("candidates", "priority_reasons")):
        return msgspec.json.decode(value)
    return value
