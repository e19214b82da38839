"""Which query is asked instead of the text, so that one tenant's rows are all it can see?

The text is read to a tree, and a new query is said out of the tree node by node: what no line here can say is not
asked. Each view becomes a subselect that lists its columns and holds the tenant, each common table expression gets
a name of ours, texts and names are quoted by us. So nothing of what was written reaches the engine as it was written.
It is a wall, not a budget: run the query read-only, with limits on time, memory and rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from infra.sql_guard.names import RESERVED
from infra.sql_guard.queries import Queries
from infra.sql_guard.refusal import SqlRefused
from infra.sql_guard.text import parse_select


@dataclass(frozen=True)
class GuardedQuery:
    """What is asked: ClickHouse SQL and the values of the parameters it names (`{tenant:String}`)."""

    sql: str
    parameters: dict[str, str]


def guard(
    sql: str,
    views: Mapping[str, Mapping[str, str]],
    *,
    tenant: str,
    row_limit: int = 10_000,
    tenant_column: str = "tenant",
) -> GuardedQuery:
    """The query to ask instead of `sql`: the same answer over the tenant's rows only, of at most `row_limit` rows.

    `views` maps each view that may be read to its columns (name to type). `tenant_column` is a column of every view.
    Raises SqlRefused with the reason, the position in `sql` and a hint for everything that is not one SELECT over
    these views, their listed columns and the listed functions.
    """
    names = [tenant_column, *views, *(column for columns in views.values() for column in columns)]
    if row_limit < 1 or not all(map(_holds, names)):
        raise ValueError(f"the row limit must be positive, and no name may begin with {RESERVED} or hold ` or \\")
    columns = {name: tuple(types) for name, types in views.items()}
    try:
        tree = _unwrapped(parse_select(sql))
        if isinstance(tree, exp.Select):
            said = Queries(columns, tenant_column, outermost=tree, row_limit=row_limit).query(tree).sql
        else:
            said = f"SELECT * FROM ({Queries(columns, tenant_column).query(tree).sql}) LIMIT {row_limit}"
    except RecursionError as error:
        raise SqlRefused("its expressions are nested too deeply", 0, "ask in several steps") from error
    return GuardedQuery(said, {"tenant": tenant})


def _holds(name: str) -> bool:
    return bool(name) and not name.lower().startswith(RESERVED) and "`" not in name and "\\" not in name


def _unwrapped(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Subquery) and not any(value for name, value in tree.args.items() if name != "this"):
        tree = tree.this
    return tree
