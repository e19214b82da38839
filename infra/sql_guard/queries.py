"""How is a query said again, with every view replaced by the tenant's rows of it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from infra.sql_guard.expressions import Expressions
from infra.sql_guard.from_clause import Common, Said, from_clause
from infra.sql_guard.names import RESERVED, Scope, checked_name, quoted
from infra.sql_guard.refusal import check_arguments, refuse
from infra.sql_guard.windows import ordered, window_body

# A common table expression is folded in wherever it is named, so what counts is how many views are read in the end.
VIEWS_READ = 64

_SELECT = (
    "with_", "distinct", "expressions", "from_", "joins", "where", "group", "having", "windows", "qualify", "order",
    "limit", "offset",
)  # fmt: skip


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
        self.commons[name] = Common(self.next_name(), said.columns, said.views_read)
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
        from_ = from_clause(self, node, said)
        scope.aliases += [checked_name(each.args["alias"]) for each in node.expressions if isinstance(each, exp.Alias)]
        sql = commons + self._head(node, said) + from_ + self._tail(node, said)
        read, self.views_read = self.views_read, before
        return Said(sql, _offered(node, scope), read)

    def _counting_subquery(self, node: exp.Expr) -> str:
        said = self.query(node)
        self.read(said.views_read, node)
        return said.sql

    def read(self, count: int, node: exp.Expr) -> None:
        """Counts views that are read; raises SqlRefused when they are too many."""
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

    def next_name(self) -> str:
        """A name that no text can hold."""
        self.given += 1
        return f"{RESERVED}_{self.given}"

    def narrowed(self, view: str) -> str:
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
            parts.append(ordered(said, node.args["order"]))
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
    return f"{quoted(checked_name(node.this))} AS ({window_body(said, node)})"
