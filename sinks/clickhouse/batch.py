"""How do statements become columns? Checked value by value in bulk, so that the engine never coerces one silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from schemas.fact import Fact
from schemas.facts import BY_KIND
from sinks.clickhouse.columns import Column, columns_of, table_columns, table_of
from sinks.clickhouse.values import WANTED, Reader, ids, instants, reader_of, texts, unsigned_32, unsigned_64
from sinks.contract import Statement
from sinks.unwritable import UnwritableStatement


@dataclass(frozen=True, slots=True)
class Batch:
    """Columns of one table, ready to insert."""

    table: str
    names: Sequence[str]
    types: Sequence[str]
    columns: Sequence[Sequence[Any]]

    @property
    def rows(self) -> int:
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class _Plan:
    table: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    columns: tuple[Column, ...]
    blank: Fact


def batches(statements: Sequence[Statement], most_rows: int) -> list[Batch]:
    """The statements by kind, of each id the last one (all of a `history` kind), at most `most_rows` to a batch.

    Raises UnwritableStatement on an unknown kind, a number or instant out of range, NaN or infinity, and text that is
    no UTF-8.
    """
    grouped: dict[str, list[Statement]] = {}
    for statement in statements:
        rows = grouped.get(statement.kind)
        if rows is None:
            grouped[statement.kind] = [statement]
        else:
            rows.append(statement)
    made: list[Batch] = []
    for kind, rows in grouped.items():
        fact_type = BY_KIND.get(kind)
        if fact_type is None:
            tokens = tuple(row.token for row in rows)
            raise UnwritableStatement(tokens, f"no table for facts of kind {kind!r}: known are {', '.join(BY_KIND)}")
        kept = rows if fact_type.history else _last_of_each(rows)
        made.extend(_batch(fact_type, kept[start : start + most_rows]) for start in range(0, len(kept), most_rows))
    return made


def _last_of_each(rows: list[Statement]) -> list[Statement]:
    latest = {(row.generation, row.fact_id): row for row in rows}
    if len(latest) == len(rows):
        return rows
    for row in rows:
        key = (row.generation, row.fact_id)
        if row.revision > latest[key].revision:
            latest[key] = row
    return list(latest.values())


@cache
def _plan(kind: type[Fact]) -> _Plan:
    typed = table_columns(kind)
    # LowCardinality is built by the engine from plain text: sent as text it costs the interpreter less.
    types = tuple(sql_type.replace("LowCardinality(String)", "String") for sql_type in typed.values())
    columns = columns_of(kind)
    return _Plan(table_of(kind), tuple(typed), types, columns, kind(**{c.name: _nothing(c) for c in columns}))


def _nothing(column: Column) -> object:
    if column.optional:
        return None
    return () if column.listed or column.json else column.holds()


def _batch(kind: type[Fact], rows: Sequence[Statement]) -> Batch:
    plan = _plan(kind)
    facts = [row.fact for row in rows]
    retracted = [fact is None for fact in facts]
    if True in retracted:
        facts = [plan.blank if fact is None else fact for fact in facts]
    if any(type(fact) is not kind for fact in facts):
        stray = [row for row in rows if row.fact is not None and type(row.fact) is not kind]
        tokens = tuple(row.token for row in stray)
        raise UnwritableStatement(tokens, f"a {type(stray[0].fact).__name__} is stated as kind {kind.kind!r}")
    check = _Check(kind.kind, rows)
    columns: list[Sequence[Any]] = [
        check.column("tenant", [row.tenant for row in rows], texts),
        check.column("fact_id", [row.fact_id for row in rows], ids),
        check.column("generation", [row.generation for row in rows], unsigned_32),
        check.column("revision", [row.revision for row in rows], unsigned_64),
        check.column("said_at", [row.said_at for row in rows], instants),
        retracted,
    ]
    columns.extend(check.column(c.name, list(map(attrgetter(c.name), facts)), reader_of(c)) for c in plan.columns)
    return Batch(plan.table, plan.names, plan.types, columns)


class _Check:
    """Turns values into a column; when that fails, names the statements it failed for."""

    def __init__(self, kind: str, rows: Sequence[Statement]) -> None:
        self._kind = kind
        self._rows = rows

    def column(self, name: str, values: list[Any], read: Reader) -> Sequence[Any]:
        try:
            return read(values)
        except (TypeError, ValueError, OverflowError):
            wrong = [(row, value) for row, value in zip(self._rows, values, strict=True) if not _taken(read, value)]
            if not wrong:
                raise
            row, value = wrong[0]
            raise UnwritableStatement(
                tuple(row.token for row, _ in wrong),
                f"{self._kind}.{name} of fact {row.fact_id!r} (tenant {row.tenant!r}, token {row.token}) is "
                f"{repr(value)[:80]}: {WANTED[read]}"
                + (f"; so are {len(wrong) - 1} more statements" if len(wrong) > 1 else ""),
            ) from None


def _taken(read: Reader, value: object) -> bool:
    try:
        read([value])
    except (TypeError, ValueError, OverflowError):
        return False
    return True
