"""How is one expression of the text said again, out of nothing but the kinds of nodes listed here?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from infra.sql_guard.functions import allowed_function, similar_functions
from infra.sql_guard.names import Scope, checked_name, quoted, similar
from infra.sql_guard.refusal import SqlRefused, refuse
from infra.sql_guard.types import printed_type

_NUMBER = re.compile(r"\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?|\.\d{1,40}([eE][+-]?\d{1,3})?")
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
_EDGES = ("UNBOUNDED", "CURRENT ROW")
_SIDES = ("PRECEDING", "FOLLOWING")

_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.DPipe: "||",
}  # fmt: skip

_UNSAID: Mapping[type[exp.Expr], tuple[str, str]] = {
    exp.Placeholder: ("a parameter", "write the value itself"),
    exp.Apply: ("APPLY", "name each column"),
    exp.CastToStrType: ("CAST to a type in quotes", "write CAST(x AS UInt8)"),
    exp.Concat: ("a text right after a text", "use concat()"),
    exp.HexString: ("a number in hexadecimal", "write it with decimal digits"),
    exp.Any: ("a comparison with ANY", "use IN (SELECT …)"),
    exp.All: ("a comparison with ALL", "use a subquery with max() or min()"),
    exp.Alias: ("a name inside an expression", "name it in the list of the SELECT"),
    exp.Select: ("a SELECT without its own brackets", "put it in brackets"),
}


def check_arguments(node: exp.Expr, allowed: tuple[str, ...]) -> None:
    """Raises SqlRefused when the node carries a clause or flag that is not in `allowed`."""
    for name, value in node.args.items():
        if value not in (None, False, [], "") and name not in allowed:
            said = name.strip("_").replace("_", " ").upper()
            raise refuse(f"{said} is not taken here", value if isinstance(value, exp.Expr) else node, "leave it out")


def printed_text(text: str) -> str:
    """The text as a ClickHouse string literal: both characters that could end it are escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True)
class Expressions:
    """Says expressions again within one scope; `subquery` says the queries inside them."""

    scope: Scope
    subquery: Callable[[exp.Expr], str]

    def said(self, node: object) -> str:
        """The expression's SQL; raises SqlRefused for what is no kind of node that is known to be harmless."""
        if not isinstance(node, exp.Expr):
            raise SqlRefused("a part of an expression is missing", 0, "complete it")
        operator = _OPERATORS.get(type(node))
        if operator is not None:
            check_arguments(node, ("this", "expression", "typed", "safe"))
            return f"({self.said(node.this)} {operator} {self.said(node.expression)})"
        kind = _KINDS.get(type(node))
        if kind is None:
            words, hint = _UNSAID.get(type(node), (type(node).__name__, "write it in other words"))
            raise refuse(f"{words} is not part of the SQL that is taken here", node, hint)
        arguments, say = kind
        check_arguments(node, arguments)
        return say(self, node)

    def all_said(self, nodes: list[exp.Expr]) -> str:
        """The expressions' SQL, separated by commas."""
        return ", ".join(self.said(node) for node in nodes)

    def column(self, node: exp.Column) -> str:
        """A column by its name, with or without the source it is of."""
        qualifier: exp.Identifier | None = node.args.get("table")
        if node.args.get("db"):
            raise refuse("a column is named by at most its source", node, "write source.column")
        if qualifier is None:
            return self.said(node.this)
        if isinstance(node.this, exp.Star):
            check_arguments(node.this, ())
            return f"{quoted(self.scope.source(qualifier).name)}.*"
        name = checked_name(node.this)
        source = self.scope.source(qualifier)
        if name not in source.columns:
            raise refuse(f"{source.name!r} has no column {name!r}", node, similar(name, source.columns))
        return f"{quoted(source.name)}.{quoted(name)}"

    def name(self, node: exp.Expr) -> str:
        """A bare name: a lambda's argument, a column of any source, or an alias of this SELECT."""
        name = checked_name(node)
        known = [*self.scope.arguments, *self.scope.columns(), *self.scope.aliases]
        if name not in known:
            raise refuse(f"there is no column {name!r} here", node, similar(name, known))
        return quoted(name)

    def star(self, node: exp.Star) -> str:
        """Everything the sources offer: their listed columns, since every source is a list of columns."""
        if not self.scope.sources:
            raise refuse("there is nothing that * could stand for", node, "name a view in FROM")
        return "*"

    def literal(self, node: exp.Literal) -> str:
        """A text or a number."""
        if node.is_string:
            return printed_text(node.name)
        if not _NUMBER.fullmatch(node.name):
            raise refuse(f"{node.name[:40]!r} is not a number", node, "write it with decimal digits")
        return node.name

    def function(self, node: exp.Expr) -> str:
        """A call of a listed function, with its parameters where it is a parametric aggregate."""
        called = node.name
        name = allowed_function(called)
        if name is None:
            known = ", ".join(similar_functions(called))
            raise refuse(f"{called[:60]}() may not be called", node, f"similar: {known}" if known else "")
        parametric = node.args.get("params")
        groups = [node.expressions] if parametric is None else [node.expressions, parametric]
        return name + "".join(f"({self.all_said([self._counted(name, each) for each in group])})" for group in groups)

    def _counted(self, name: str, argument: exp.Expr) -> exp.Expr:
        if isinstance(argument, exp.Star) and name != "count":
            raise refuse(f"* is no argument of {name}()", argument, "name a column")
        return argument

    def distinct(self, node: exp.Distinct) -> str:
        """The DISTINCT of count(DISTINCT x)."""
        return f"DISTINCT {self.all_said(node.expressions)}"

    def filtered(self, node: exp.Filter) -> str:
        """An aggregate over some rows only."""
        check_arguments(node.expression, ("this",))
        return f"{self.said(node.this)} FILTER (WHERE {self.said(node.expression.this)})"

    def anded(self, node: exp.Connector) -> str:
        """A chain of AND or OR, flat, so that a long one is no deep one."""
        word = " AND " if isinstance(node, exp.And) else " OR "
        return f"({word.join(self.said(each) for each in node.flatten())})"

    def cased(self, node: exp.Case) -> str:
        """CASE with its branches."""
        base = f" {self.said(node.this)}" if node.this else ""
        branches = "".join(
            f" WHEN {self.said(each.this)} THEN {self.said(each.args.get('true'))}" for each in node.args["ifs"]
        )
        default = node.args.get("default")
        return f"CASE{base}{branches}{f' ELSE {self.said(default)}' if default else ''} END"

    def branched(self, node: exp.If) -> str:
        """The condition ? yes : no."""
        return f"if({self.said(node.this)}, {self.said(node.args.get('true'))}, {self.said(node.args.get('false'))})"

    def within(self, node: exp.In) -> str:
        """IN a list of constants or a subquery: a bare name there would be read as a table."""
        query = node.args.get("query")
        if query is not None:
            return f"({self.said(node.this)} IN {self.said(query)})"
        if not node.expressions or any(each.find(exp.Column, exp.Identifier) for each in node.expressions):
            raise refuse("IN takes a list of constants or a subquery", node, "compare columns with = or has()")
        return f"({self.said(node.this)} IN ({self.all_said(node.expressions)}))"

    def lambda_(self, node: exp.Lambda) -> str:
        """A lambda of a higher-order function; its arguments are names inside it only."""
        names = [checked_name(each) for each in node.expressions]
        inner = Scope(self.scope.sources, self.scope.aliases, [*self.scope.arguments, *names])
        body = Expressions(inner, self.subquery).said(node.this)
        return f"({', '.join(quoted(name) for name in names)}) -> {body}"

    def tuple_(self, node: exp.Tuple) -> str:
        """Several values as one."""
        return f"tuple({self.all_said(node.expressions)})"

    def element(self, node: exp.Bracket) -> str:
        """One element of an array or map."""
        if len(node.expressions) != 1:
            raise refuse("[ ] takes one index", node, "use arraySlice(array, from, length)")
        return f"arrayElement({self.said(node.this)}, {self.said(node.expressions[0])})"

    def dotted(self, node: exp.Dot) -> str:
        """One element of a tuple, by its place."""
        place = node.expression
        if not isinstance(place, exp.Literal) or place.is_string or not place.name.isdecimal():
            raise refuse("a dot takes the place of an element here", node, "use tupleElement(tuple, place)")
        return f"tupleElement({self.said(node.this)}, {place.name})"

    def interval(self, node: exp.Interval) -> str:
        """A length of time out of a whole number and a unit."""
        count = node.this.name if isinstance(node.this, exp.Literal) else ""
        if not count.isascii() or not count.isdecimal():
            raise refuse("an INTERVAL takes a whole number and a unit", node, "use toIntervalDay(x) for others")
        return f"INTERVAL {count} {self._unit(node.args.get('unit'), node)}"

    def part(self, node: exp.Extract) -> str:
        """One part of an instant."""
        return f"EXTRACT({self._unit(node.this, node)} FROM {self.said(node.expression)})"

    def _unit(self, unit: Any, node: exp.Expr) -> str:
        name = unit.name.upper().removesuffix("S") if isinstance(unit, exp.Var) else ""
        if name not in _UNITS:
            raise refuse("this unit of time is not known", node, f"use one of {', '.join(_UNITS)}")
        return name

    def window(self, node: exp.Window) -> str:
        """A function over a window."""
        if node.args.get("alias"):
            check_arguments(node, ("this", "alias", "over"))
            return f"{self.said(node.this)} OVER {quoted(checked_name(node.args['alias']))}"
        return f"{self.said(node.this)} OVER ({self.window_body(node)})"

    def window_body(self, node: exp.Window) -> str:
        """What stands in a window's brackets."""
        parts = []
        if node.args.get("partition_by"):
            parts.append(f"PARTITION BY {self.all_said(node.args['partition_by'])}")
        if node.args.get("order"):
            parts.append(self.ordered(node.args["order"]))
        if node.args.get("spec"):
            parts.append(self._frame(node.args["spec"]))
        return " ".join(parts)

    def _frame(self, node: exp.WindowSpec) -> str:
        check_arguments(node, ("kind", "start", "start_side", "end", "end_side"))
        kind = node.args["kind"]
        if kind not in ("ROWS", "RANGE"):
            raise refuse("a frame is ROWS or RANGE", node, "use ROWS BETWEEN … AND …")
        start = self._edge(node, "start")
        return f"{kind} BETWEEN {start} AND {self._edge(node, 'end')}" if node.args.get("end") else f"{kind} {start}"

    def _edge(self, node: exp.WindowSpec, which: str) -> str:
        value, side = node.args.get(which), node.args.get(f"{which}_side")
        if side not in (None, *_SIDES) or (isinstance(value, str) and value not in _EDGES):
            raise refuse("this edge of a frame is not known", node, "use UNBOUNDED, CURRENT ROW or a number")
        said = value if isinstance(value, str) else self.said(value)
        return f"{said} {side}" if side else said

    def ordered(self, node: exp.Order) -> str:
        """ORDER BY with its directions."""
        check_arguments(node, ("expressions",))
        return f"ORDER BY {', '.join(self._direction(each) for each in node.expressions)}"

    def _direction(self, node: exp.Expr) -> str:
        if not isinstance(node, exp.Ordered):
            raise refuse("this cannot be ordered by", node, "order by a column or expression")
        check_arguments(node, ("this", "desc", "nulls_first"))
        direction = "DESC" if node.args.get("desc") else "ASC"
        return f"{self.said(node.this)} {direction} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"

    def like(self, node: exp.Like | exp.ILike) -> str:
        """LIKE and ILIKE, as they are or denied."""
        word = "LIKE" if isinstance(node, exp.Like) else "ILIKE"
        denied = "NOT " if node.args.get("negate") else ""
        return f"({self.said(node.this)} {denied}{word} {self.said(node.expression)})"

    def null(self, node: exp.Is) -> str:
        """IS NULL."""
        if not isinstance(node.expression, exp.Null):
            raise refuse("IS takes NULL only", node, "compare with =")
        return f"({self.said(node.this)} IS NULL)"

    def between(self, node: exp.Between) -> str:
        """BETWEEN two values, both included."""
        return (
            f"({self.said(node.this)} BETWEEN {self.said(node.args.get('low'))} AND {self.said(node.args.get('high'))})"
        )


_Kind = tuple[tuple[str, ...], Callable[[Expressions, Any], str]]
_CALL: _Kind = (("this", "expressions", "params"), Expressions.function)

_KINDS: Mapping[type[exp.Expr], _Kind] = {
    exp.Column: (("this", "table", "db", "catalog"), Expressions.column),
    exp.Identifier: (("this", "quoted"), Expressions.name),
    exp.Star: ((), Expressions.star),
    exp.Literal: (("this", "is_string"), Expressions.literal),
    exp.Null: ((), lambda _, __: "NULL"),
    exp.Boolean: (("this",), lambda _, node: "true" if node.this else "false"),
    exp.Paren: (("this",), lambda self, node: f"({self.said(node.this)})"),
    exp.Not: (("this",), lambda self, node: f"(NOT {self.said(node.this)})"),
    exp.Neg: (("this",), lambda self, node: f"(- {self.said(node.this)})"),
    exp.And: (("this", "expression"), Expressions.anded),
    exp.Or: (("this", "expression"), Expressions.anded),
    exp.Anonymous: _CALL,
    exp.AnonymousAggFunc: _CALL,
    exp.CombinedAggFunc: _CALL,
    exp.ParameterizedAgg: _CALL,
    exp.CombinedParameterizedAgg: _CALL,
    exp.Distinct: (("expressions",), Expressions.distinct),
    exp.Filter: (("this", "expression"), Expressions.filtered),
    exp.Case: (("this", "ifs", "default"), Expressions.cased),
    exp.If: (("this", "true", "false"), Expressions.branched),
    exp.In: (("this", "expressions", "query", "field", "unnest"), Expressions.within),
    exp.Is: (("this", "expression"), Expressions.null),
    exp.Between: (("this", "low", "high"), Expressions.between),
    exp.Like: (("this", "expression", "negate"), Expressions.like),
    exp.ILike: (("this", "expression", "negate"), Expressions.like),
    exp.Cast: (("this", "to"), lambda self, node: f"CAST({self.said(node.this)} AS {printed_type(node.args['to'])})"),
    exp.Lambda: (("this", "expressions"), Expressions.lambda_),
    exp.Array: (("expressions",), lambda self, node: f"[{self.all_said(node.expressions)}]"),
    exp.Tuple: (("expressions",), Expressions.tuple_),
    exp.Bracket: (("this", "expressions"), Expressions.element),
    exp.Dot: (("this", "expression"), Expressions.dotted),
    exp.Interval: (("this", "unit"), Expressions.interval),
    exp.Extract: (("this", "expression"), Expressions.part),
    exp.Window: (("this", "alias", "over", "partition_by", "order", "spec"), Expressions.window),
    exp.Subquery: (("this",), lambda self, node: f"({self.subquery(node.this)})"),
    exp.Exists: (("this",), lambda self, node: f"EXISTS ({self.subquery(node.this)})"),
}
