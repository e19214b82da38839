"""How is one expression of the text said again, out of nothing but the kinds of nodes listed here?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from infra.sql_guard import phrases, windows
from infra.sql_guard.functions import allowed_function, similar_functions
from infra.sql_guard.names import Scope, checked_name, quoted, similar
from infra.sql_guard.refusal import SqlRefused, check_arguments, refuse
from infra.sql_guard.types import printed_type

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


_Kind = tuple[tuple[str, ...], Callable[[Expressions, Any], str]]
_CALL: _Kind = (("this", "expressions", "params"), Expressions.function)

_KINDS: Mapping[type[exp.Expr], _Kind] = {
    exp.Column: (("this", "table", "db", "catalog"), Expressions.column),
    exp.Identifier: (("this", "quoted"), Expressions.name),
    exp.Star: ((), Expressions.star),
    exp.Literal: (("this", "is_string"), phrases.literal),
    exp.Null: ((), lambda _, __: "NULL"),
    exp.Boolean: (("this",), lambda _, node: "true" if node.this else "false"),
    exp.Paren: (("this",), lambda self, node: f"({self.said(node.this)})"),
    exp.Not: (("this",), lambda self, node: f"(NOT {self.said(node.this)})"),
    exp.Neg: (("this",), lambda self, node: f"(- {self.said(node.this)})"),
    exp.And: (("this", "expression"), phrases.anded),
    exp.Or: (("this", "expression"), phrases.anded),
    exp.Anonymous: _CALL,
    exp.AnonymousAggFunc: _CALL,
    exp.CombinedAggFunc: _CALL,
    exp.ParameterizedAgg: _CALL,
    exp.CombinedParameterizedAgg: _CALL,
    exp.Distinct: (("expressions",), phrases.distinct),
    exp.Filter: (("this", "expression"), phrases.filtered),
    exp.Case: (("this", "ifs", "default"), phrases.cased),
    exp.If: (("this", "true", "false"), phrases.branched),
    exp.In: (("this", "expressions", "query", "field", "unnest"), Expressions.within),
    exp.Is: (("this", "expression"), phrases.null),
    exp.Between: (("this", "low", "high"), phrases.between),
    exp.Like: (("this", "expression", "negate"), phrases.like),
    exp.ILike: (("this", "expression", "negate"), phrases.like),
    exp.Cast: (("this", "to"), lambda self, node: f"CAST({self.said(node.this)} AS {printed_type(node.args['to'])})"),
    exp.Lambda: (("this", "expressions"), Expressions.lambda_),
    exp.Array: (("expressions",), lambda self, node: f"[{self.all_said(node.expressions)}]"),
    exp.Tuple: (("expressions",), phrases.tupled),
    exp.Bracket: (("this", "expressions"), phrases.element),
    exp.Dot: (("this", "expression"), phrases.dotted),
    exp.Interval: (("this", "unit"), phrases.interval),
    exp.Extract: (("this", "expression"), phrases.part),
    exp.Window: (("this", "alias", "over", "partition_by", "order", "spec"), windows.window),
    exp.Subquery: (("this",), lambda self, node: f"({self.subquery(node.this)})"),
    exp.Exists: (("this",), lambda self, node: f"EXISTS ({self.subquery(node.this)})"),
}
