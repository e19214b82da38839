"""How is one part of an expression said again, once its own parts can be said?"""

from __future__ import annotations

import re
from typing import Any, Protocol

from sqlglot import exp

from infra.sql_guard.refusal import check_arguments, refuse

_NUMBER = re.compile(r"\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?|\.\d{1,40}([eE][+-]?\d{1,3})?")
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


class Says(Protocol):
    """Says expressions again; raises SqlRefused for what is not known to be harmless."""

    def said(self, node: object) -> str:
        """One expression's SQL."""

    def all_said(self, nodes: list[exp.Expr]) -> str:
        """Several expressions' SQL, separated by commas."""


def printed_text(text: str) -> str:
    """The text as a ClickHouse string literal: both characters that could end it are escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def literal(_: Says, node: exp.Literal) -> str:
    """A text or a number."""
    if node.is_string:
        return printed_text(node.name)
    if not _NUMBER.fullmatch(node.name):
        raise refuse(f"{node.name[:40]!r} is not a number", node, "write it with decimal digits")
    return node.name


def distinct(says: Says, node: exp.Distinct) -> str:
    """The DISTINCT of count(DISTINCT x)."""
    return f"DISTINCT {says.all_said(node.expressions)}"


def filtered(says: Says, node: exp.Filter) -> str:
    """An aggregate over some rows only."""
    check_arguments(node.expression, ("this",))
    return f"{says.said(node.this)} FILTER (WHERE {says.said(node.expression.this)})"


def anded(says: Says, node: exp.Connector) -> str:
    """A chain of AND or OR, flat, so that a long one is no deep one."""
    word = " AND " if isinstance(node, exp.And) else " OR "
    return f"({word.join(says.said(each) for each in node.flatten())})"


def cased(says: Says, node: exp.Case) -> str:
    """CASE with its branches."""
    base = f" {says.said(node.this)}" if node.this else ""
    branches = "".join(
        f" WHEN {says.said(each.this)} THEN {says.said(each.args.get('true'))}" for each in node.args["ifs"]
    )
    default = node.args.get("default")
    return f"CASE{base}{branches}{f' ELSE {says.said(default)}' if default else ''} END"


def branched(says: Says, node: exp.If) -> str:
    """The condition ? yes : no."""
    return f"if({says.said(node.this)}, {says.said(node.args.get('true'))}, {says.said(node.args.get('false'))})"


def tupled(says: Says, node: exp.Tuple) -> str:
    """Several values as one."""
    return f"tuple({says.all_said(node.expressions)})"


def element(says: Says, node: exp.Bracket) -> str:
    """One element of an array or map."""
    if len(node.expressions) != 1:
        raise refuse("[ ] takes one index", node, "use arraySlice(array, from, length)")
    return f"arrayElement({says.said(node.this)}, {says.said(node.expressions[0])})"


def dotted(says: Says, node: exp.Dot) -> str:
    """One element of a tuple, by its place."""
    place = node.expression
    if not isinstance(place, exp.Literal) or place.is_string or not place.name.isdecimal():
        raise refuse("a dot takes the place of an element here", node, "use tupleElement(tuple, place)")
    return f"tupleElement({says.said(node.this)}, {place.name})"


def interval(_: Says, node: exp.Interval) -> str:
    """A length of time out of a whole number and a unit."""
    count = node.this.name if isinstance(node.this, exp.Literal) else ""
    if not count.isascii() or not count.isdecimal():
        raise refuse("an INTERVAL takes a whole number and a unit", node, "use toIntervalDay(x) for others")
    return f"INTERVAL {count} {_unit(node.args.get('unit'), node)}"


def part(says: Says, node: exp.Extract) -> str:
    """One part of an instant."""
    return f"EXTRACT({_unit(node.this, node)} FROM {says.said(node.expression)})"


def like(says: Says, node: exp.Like | exp.ILike) -> str:
    """LIKE and ILIKE, as they are or denied."""
    word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
    denied = "NOT " if node.args.get("negate") else ""
    return f"({says.said(node.this)} {denied}{word} {says.said(node.expression)})"


def null(says: Says, node: exp.Is) -> str:
    """IS NULL."""
    if not isinstance(node.expression, exp.Null):
        raise refuse("IS takes NULL only", node, "compare with =")
    return f"({says.said(node.this)} IS NULL)"


def between(says: Says, node: exp.Between) -> str:
    """BETWEEN two values, both included."""
    return f"({says.said(node.this)} BETWEEN {says.said(node.args.get('low'))} AND {says.said(node.args.get('high'))})"


def _unit(unit: Any, node: exp.Expr) -> str:
    name = unit.name.upper().removesuffix("S") if isinstance(unit, exp.Var) else ""
    if name not in _UNITS:
        raise refuse("this unit of time is not known", node, f"use one of {', '.join(_UNITS)}")
    return name
