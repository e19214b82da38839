"""Where do a SELECT's rows come from: views, subqueries and what is joined to them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from infra.sql_guard.expressions import Expressions
from infra.sql_guard.names import Scope, Source, checked_name, quoted, similar
from infra.sql_guard.refusal import check_arguments, refuse

_JOIN_SIDES = ("", "LEFT", "RIGHT", "FULL", "INNER")
_JOIN_KINDS = ("", "INNER", "OUTER", "CROSS", "ANY", "ALL", "ASOF", "SEMI", "ANTI")


@dataclass(frozen=True)
class Said:
    """A query said again: its SQL, the columns it offers by name, and how many views it reads."""

    sql: str
    columns: tuple[str, ...]
    views_read: int


@dataclass(frozen=True)
class Common:
    """A common table expression in sight: the name we gave it, its columns, and how many views it reads."""

    name: str
    columns: tuple[str, ...]
    views_read: int


class Asks(Protocol):
    """What a FROM must know of the query around it."""

    views: Mapping[str, tuple[str, ...]]
    commons: dict[str, Common]

    def query(self, node: exp.Expr) -> Said:
        """A query inside this one, said again."""

    def read(self, count: int, node: exp.Expr) -> None:
        """Counts views that are read; raises SqlRefused when they are too many."""

    def narrowed(self, view: str) -> str:
        """The tenant's rows of a view, as a SELECT."""

    def next_name(self) -> str:
        """A name that no text can hold."""


def from_clause(asks: Asks, node: exp.Select, said: Expressions) -> str:
    """FROM with its joins; the sources come into the scope of `said`, in their order."""
    clause = node.args.get("from_")
    if clause is None:
        return ""
    check_arguments(clause, ("this",))
    parts = [f" FROM {_source(asks, clause.this, said.scope)}"]
    joins = node.args.get("joins") or []
    pairs = [(join, _joined(asks, join, said)) for join in joins]
    parts += [sql + _condition(join, said) for join, sql in pairs]
    return "".join(parts)


def _joined(asks: Asks, join: exp.Join, said: Expressions) -> str:
    check_arguments(join, ("this", "side", "kind", "on", "using"))
    side, kind = join.side.upper(), join.kind.upper()
    if kind == "ARRAY" and side in ("", "LEFT"):
        return f" {side} ARRAY JOIN {_unfolded(join.this, said)}"
    if side not in _JOIN_SIDES or kind not in _JOIN_KINDS:
        raise refuse(f"{side} {kind} JOIN is not taken".strip(), join, "use INNER, LEFT, RIGHT, FULL, ANY or ASOF")
    return " " + " ".join(filter(None, (side, kind, "JOIN", _source(asks, join.this, said.scope))))


def _unfolded(node: exp.Expr, said: Expressions) -> str:
    if not isinstance(node, exp.Alias):
        return said.said(node)
    check_arguments(node, ("this", "alias"))
    array, name = said.said(node.this), checked_name(node.args["alias"])
    said.scope.aliases.append(name)
    return f"{array} AS {quoted(name)}"


def _source(asks: Asks, node: exp.Expr, scope: Scope) -> str:
    if isinstance(node, exp.Table):
        return _table(asks, node, scope)
    if not isinstance(node, exp.Subquery):
        raise refuse(
            f"FROM takes a view or a subquery, no {type(node).__name__.upper()}", node, similar("", asks.views)
        )
    check_arguments(node, ("this", "alias"))
    said = asks.query(node.this)
    asks.read(said.views_read, node)
    if node.args.get("alias") is None:
        scope.sources.append(Source(asks.next_name(), said.columns))
        return f"({said.sql})"
    name = _alias(node)
    scope.sources.append(Source(name, said.columns))
    return f"({said.sql}) AS {quoted(name)}"


def _table(asks: Asks, node: exp.Table, scope: Scope) -> str:
    if not isinstance(node.this, exp.Identifier):
        raise refuse(f"the table function {node.this.name[:40]}() may not be read from", node, similar("", asks.views))
    if node.args.get("db") or node.args.get("catalog"):
        raise refuse("a view is named without a database", node, similar(node.name, asks.views))
    check_arguments(node, ("this", "alias"))
    called = node.name
    name = _alias(node) if node.args.get("alias") else checked_name(node.this)
    common = asks.commons.get(called)
    if common is not None:
        asks.read(common.views_read, node)
        scope.sources.append(Source(name, common.columns))
        return f"{quoted(common.name)} AS {quoted(name)}"
    if called not in asks.views:
        raise refuse(f"there is no view {called[:60]!r}", node, similar(called, asks.views))
    asks.read(1, node)
    scope.sources.append(Source(name, asks.views[called]))
    return f"({asks.narrowed(called)}) AS {quoted(name)}"


def _alias(node: exp.Expr) -> str:
    alias = node.args["alias"]
    check_arguments(alias, ("this",))
    return checked_name(alias.this)


def _condition(join: exp.Join, said: Expressions) -> str:
    if join.args.get("on"):
        return f" ON {said.said(join.args['on'])}"
    if not join.args.get("using"):
        return ""
    return f" USING ({', '.join(said.name(each) for each in join.args['using'])})"
