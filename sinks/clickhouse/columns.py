"""What are the columns of a fact kind's table? Derived from the struct, so that table, batch and views agree."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import msgspec

from schemas.fact import Fact

INSTANT = "DateTime64(6, 'UTC')"

STATED: Mapping[str, str] = {
    "tenant": "LowCardinality(String)",
    "fact_id": "FixedString(16)",
    "generation": "UInt32",
    "revision": "UInt64",
    "said_at": INSTANT,
    "retracted": "Bool",
}
"""The columns that every fact table begins with."""

_SIMPLE: Mapping[type, str] = {str: "String", int: "Int64", float: "Float64", bool: "Bool"}


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a fact as a column. `holds` is its Python type; `json` columns hold the field as JSON text."""

    name: str
    holds: type
    optional: bool = False
    listed: bool = False
    json: bool = False

    @property
    def instant(self) -> bool:
        """Whether it holds microseconds since the epoch, shown as a time."""
        return self.holds is int and self.name.endswith("_at")

    @property
    def sql_type(self) -> str:
        """The type as ClickHouse writes it."""
        if self.json:
            return "String"
        plain = INSTANT if self.instant else _SIMPLE[self.holds]
        if self.listed:
            return f"Array({plain})"
        return f"Nullable({plain})" if self.optional else plain


def table_of(kind: type[Fact]) -> str:
    """The name of the kind's table."""
    return "facts_" + kind.kind.replace(".", "_")


@cache
def columns_of(kind: type[Fact]) -> tuple[Column, ...]:
    """The kind's own columns, in the order of its fields. Raises TypeError on a field type that has no column type."""
    hints = typing.get_type_hints(kind)
    return tuple(_column(kind, field.name, hints[field.name]) for field in msgspec.structs.fields(kind))


def _column(kind: type[Fact], name: str, hint: object) -> Column:
    arguments = typing.get_args(hint)
    if isinstance(hint, types.UnionType) and len(arguments) == 2 and arguments[1] is type(None):
        hint, optional = arguments[0], True
    else:
        optional = False
    if isinstance(hint, type) and hint in _SIMPLE:
        return Column(name, hint, optional=optional)
    if typing.get_origin(hint) is tuple and not optional:
        held = arguments[0]
        simple = held in _SIMPLE and arguments[1:] == (...,)
        return Column(name, held, listed=True) if simple else Column(name, str, json=True)
    raise TypeError(f"{kind.__name__}.{name} is {hint}: give it a column type in sinks/clickhouse/columns.py")


def table_columns(kind: type[Fact]) -> Mapping[str, str]:
    """Every column of the kind's table and its type, in order."""
    return {**STATED, **{column.name: column.sql_type for column in columns_of(kind)}}
