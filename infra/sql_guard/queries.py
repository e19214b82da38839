"""How is a query said again, with every view replaced by the tenant's rows of it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from infra.sql_guard.expressions import Expressions, check_arguments
from infra.sql_guard.names import RESERVED, Scope, Source, checked_name, quoted, similar
from infra.sql_guard.refusal import refuse

# A common table expression is folded in wherever it is named, so what counts is how many views are read in the end.
VIEWS_READ = 64

_JOIN_SIDES = ("", "LEFT", "RIGHT", "FULL", "INNER")
_JOIN_KINDS = ("", "INNER", "OUTER", "CROSS", "ANY", "ALL", "ASOF", "SEMI", "ANTI")
_SELECT = (
    "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "windows", "qualify", "order",
    "limit", "offset",
)  # fmt: skip


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


@dataclass
class Queries:
    """Says queries again over `views` (name to column names), each narrowed to one tenant by `tenant_column`.

    The `outermost` SELECT answers at most `row_limit` rows.
    """

    views: Mapping[str, tuple[str, ...]]
    tenant_column: str
    outermost: exp.Select | None = None
    row_limit: int | None = None
    given: int = 0
    commons: dict[str, Common] = field(default_factory=dict)
    views_read: int = 0

    def query(self, node: exp.Expr) -> Said:
        """A SELECT, a UNION ALL or either in brackets; raises SqlRefused for everything else."""
        outer, self.commons = self.commons, dict(self.commons)
        try:
            if isinstance(node, exp.Subquery):
                check_arguments(node, ("this",))
                return self.query(node.this)
            if isinstance(node, exp.Union):
                return self._union(node)
            if isinstance(node, exp.Select):
                return self._select(node)
        finally:
            self.commons = outer
        raise refuse(f"{type(node).__name__.upper()} is not a SELECT", node, "write a SELECT over the views")

    def _subquery(self, node: exp.Expr) -> str:
        return self.query(node).sql

    def _union(self, node: exp.Union) -> Said:
        check_arguments(node, ("this", "expression", "with_", "distinct"))
        if node.args.get("distinct") is not False:
            raise refuse("UNION without ALL is not taken", node, "write UNION ALL, and SELECT DISTINCT around it")
        commons = self._commons(node)
        left, right = self.query(node.this), self.query(node.expression)
        if left.views_read + right.views_read > VIEWS_READ:
            raise refuse(f"it reads more than {VIEWS_READ} views in the end", node, "ask in several steps")
        sql = f"({left.sql}) UNION ALL ({right.sql})"
        return Said(
            f"{commons}SELECT * FROM ({sql})" if commons else sql, left.columns, left.views_read + right.views_read
        )

    def _commons(self, node: exp.Query) -> str:
        clause = node.args.get("with_")
        if clause is None:
            return ""
        if clause.args.get("recursive"):
            raise refuse("WITH RECURSIVE is not taken", clause, "leave RECURSIVE out")
        check_arguments(clause, ("expressions",))
        return f"WITH {', '.join(self._common(each) for each in clause.expressions)} "

    def _common(self, node: exp.Expr) -> str:
        check_arguments(node, ("this", "alias", "scalar"))
        if not isinstance(node, exp.CTE) or node.args.get("scalar"):
            raise refuse("WITH value AS name is not taken", node, "write WITH name AS (SELECT …)")
        check_arguments(node.args["alias"], ("this",))
        name = checked_name(node.args["alias"].this)
        if name in self.views or name in self.commons:
            raise refuse(f"{name!r} is already the name of something else", node, "choose another name")
        said = self.query(node.this)
        self.given += 1
        self.commons[name] = Common(f"{RESERVED}_{self.given}", said.columns, said.views_read)
        return f"{quoted(self.commons[name].name)} AS ({said.sql})"

    def _select(self, node: exp.Select) -> Said:
        check_arguments(node, _SELECT)
        if not node.expressions:
            raise refuse("this SELECT names nothing to select", node, "name columns, or write *")
        commons = self._commons(node)
        before = self.views_read
        self.views_read = 0
        scope = Scope()
        said = Expressions(scope, self._counting_subquery)
        from_ = self._from(node, said)
        scope.aliases += [checked_name(each.args["alias"]) for each in node.expressions if isinstance(each, exp.Alias)]
        sql = commons + self._head(node, said) + from_ + self._tail(node, said)
        read, self.views_read = self.views_read, before
        return Said(sql, _offered(node, scope), read)

    def _counting_subquery(self, node: exp.Expr) -> str:
        said = self.query(node)
        self._read(said.views_read, node)
        return said.sql

    def _read(self, count: int, node: exp.Expr) -> None:
        self.views_read += count
        if self.views_read > VIEWS_READ:
            raise refuse(f"it reads more than {VIEWS_READ} views in the end", node, "ask in several steps")

    def _head(self, node: exp.Select, said: Expressions) -> str:
        distinct = node.args.get("distinct")
        if distinct is not None:
            check_arguments(distinct, ())
        return (
            f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(_projected(each, said) for each in node.expressions)}"
        )

    def _from(self, node: exp.Select, said: Expressions) -> str:
        clause = node.args.get("from_")
        if clause is None:
            return ""
        check_arguments(clause, ("this",))
        parts = [f" FROM {self._source(clause.this, said.scope)}"]
        joins = node.args.get("joins") or []
        pairs = [(join, self._joined(join, said)) for join in joins]
        parts += [sql + _condition(join, said) for join, sql in pairs]
        return "".join(parts)

    def _joined(self, join: exp.Join, said: Expressions) -> str:
        check_arguments(join, ("this", "side", "kind", "on", "using"))
        side, kind = join.side.upper(), join.kind.upper()
        if kind == "ARRAY" and side in ("", "LEFT"):
            return f" {side} ARRAY JOIN {self._unfolded(join.this, said)}"
        if side not in _JOIN_SIDES or kind not in _JOIN_KINDS:
            raise refuse(f"{side} {kind} JOIN is not taken".strip(), join, "use INNER, LEFT, RIGHT, FULL, ANY or ASOF")
        return " " + " ".join(filter(None, (side, kind, "JOIN", self._source(join.this, said.scope))))

    def _unfolded(self, node: exp.Expr, said: Expressions) -> str:
        if not isinstance(node, exp.Alias):
            return said.said(node)
        check_arguments(node, ("this", "alias"))
        array, name = said.said(node.this), checked_name(node.args["alias"])
        said.scope.aliases.append(name)
        return f"{array} AS {quoted(name)}"

    def _source(self, node: exp.Expr, scope: Scope) -> str:
        if isinstance(node, exp.Table):
            return self._table(node, scope)
        if not isinstance(node, exp.Subquery):
            raise refuse(
                f"FROM takes a view or a subquery, no {type(node).__name__.upper()}", node, similar("", self.views)
            )
        check_arguments(node, ("this", "alias"))
        said = self.query(node.this)
        self._read(said.views_read, node)
        if node.args.get("alias") is None:
            self.given += 1
            scope.sources.append(Source(f"{RESERVED}_{self.given}", said.columns))
            return f"({said.sql})"
        name = _alias(node)
        scope.sources.append(Source(name, said.columns))
        return f"({said.sql}) AS {quoted(name)}"

    def _table(self, node: exp.Table, scope: Scope) -> str:
        if not isinstance(node.this, exp.Identifier):
            raise refuse(
                f"the table function {node.this.name[:40]}() may not be read from", node, similar("", self.views)
            )
        if node.args.get("db") or node.args.get("catalog"):
            raise refuse("a view is named without a database", node, similar(node.name, self.views))
        check_arguments(node, ("this", "alias"))
        called = node.name
        name = _alias(node) if node.args.get("alias") else checked_name(node.this)
        common = self.commons.get(called)
        if common is not None:
            self._read(common.views_read, node)
            scope.sources.append(Source(name, common.columns))
            return f"{quoted(common.name)} AS {quoted(name)}"
        if called not in self.views:
            raise refuse(f"there is no view {called[:60]!r}", node, similar(called, self.views))
        self._read(1, node)
        scope.sources.append(Source(name, self.views[called]))
        return f"({self._narrowed(called)}) AS {quoted(name)}"

    def _narrowed(self, view: str) -> str:
        """The tenant's rows of the view. Its columns are qualified, so that no alias of the text can stand for them."""
        row = quoted(f"{RESERVED}_row")
        columns = ", ".join(f"{row}.{quoted(column)} AS {quoted(column)}" for column in self.views[view])
        wall = f"{row}.{quoted(self.tenant_column)} = {{tenant:String}}"
        return f"SELECT {columns} FROM {quoted(view)} AS {row} WHERE {wall}"

    def _tail(self, node: exp.Select, said: Expressions) -> str:
        parts = []
        for clause, words in (
            ("where", "WHERE"),
            ("group", ""),
            ("having", "HAVING"),
            ("windows", ""),
            ("qualify", "QUALIFY"),
        ):
            found = node.args.get(clause)
            if found and clause == "group":
                parts.append(_grouped(found, said))
            elif found and clause == "windows":
                parts.append("WINDOW " + ", ".join(_named_window(each, said) for each in found))
            elif found:
                check_arguments(found, ("this",))
                parts.append(f"{words} {said.said(found.this)}")
        if node.args.get("order"):
            parts.append(said.ordered(node.args["order"]))
        parts.append(_limited(node, said, self.row_limit if node is self.outermost else None))
        return "".join(f" {part}" for part in parts if part)


def _limited(node: exp.Select, said: Expressions, most: int | None) -> str:
    """LIMIT and OFFSET as they are; where `most` is given, the answer has no more rows than that."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    parts = []
    if limit is not None:
        if not isinstance(limit, exp.Limit):
            raise refuse("FETCH is not taken", limit, "use LIMIT")
        check_arguments(limit, ("expression", "expressions"))
        count = _count(limit.expression)
        if limit.expressions:
            parts.append(f"LIMIT {count} BY {said.all_said(limit.expressions)}")
        else:
            most = count if most is None else min(count, most)
    if most is not None:
        parts.append(f"LIMIT {most}")
    if offset is not None:
        check_arguments(offset, ("expression",))
        parts.append(f"OFFSET {_count(offset.expression)}")
    return " ".join(parts)


def _count(node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdecimal() or len(node.name) > 15:
        raise refuse("LIMIT and OFFSET take a whole number", node, "write LIMIT 100")
    return int(node.name)


def _projected(node: exp.Expr, said: Expressions) -> str:
    if not isinstance(node, exp.Alias):
        return said.said(node)
    check_arguments(node, ("this", "alias"))
    return f"{said.said(node.this)} AS {quoted(checked_name(node.args['alias']))}"


def _offered(node: exp.Select, scope: Scope) -> tuple[str, ...]:
    names: list[str] = []
    for each in node.expressions:
        if isinstance(each, exp.Star):
            names += scope.columns()
        elif isinstance(each, exp.Column) and isinstance(each.this, exp.Star):
            names += scope.source(each.args["table"]).columns
        elif isinstance(each, exp.Alias | exp.Column):
            names.append(each.alias_or_name)
    return tuple(dict.fromkeys(names))


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


def _grouped(node: exp.Group, said: Expressions) -> str:
    check_arguments(node, ("expressions", "all", "totals"))
    keys = "ALL" if node.args.get("all") else ", ".join(_group_key(each, said) for each in node.expressions)
    return f"GROUP BY {keys}{' WITH TOTALS' if node.args.get('totals') else ''}"


def _group_key(node: exp.Expr, said: Expressions) -> str:
    if not isinstance(node, exp.Rollup | exp.Cube):
        return said.said(node)
    check_arguments(node, ("expressions",))
    return f"{type(node).__name__.upper()}({said.all_said(node.expressions)})"


def _named_window(node: exp.Window, said: Expressions) -> str:
    check_arguments(node, ("this", "partition_by", "order", "spec"))
    return f"{quoted(checked_name(node.this))} AS ({said.window_body(node)})"
