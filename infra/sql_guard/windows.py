"""How are windows and orderings said again?"""

from __future__ import annotations

from sqlglot import exp

from infra.sql_guard.names import checked_name, quoted
from infra.sql_guard.phrases import Says
from infra.sql_guard.refusal import check_arguments, refuse

_EDGES = ("UNBOUNDED", "CURRENT ROW")
_SIDES = ("PRECEDING", "FOLLOWING")


def window(says: Says, node: exp.Window) -> str:
    """A function over a window."""
    if node.args.get("alias"):
        check_arguments(node, ("this", "alias", "over"))
        return f"{says.said(node.this)} OVER {quoted(checked_name(node.args['alias']))}"
    return f"{says.said(node.this)} OVER ({window_body(says, node)})"


def window_body(says: Says, node: exp.Window) -> str:
    """What stands in a window's brackets."""
    parts = []
    if node.args.get("partition_by"):
        parts.append(f"PARTITION BY {says.all_said(node.args['partition_by'])}")
    if node.args.get("order"):
        parts.append(ordered(says, node.args["order"]))
    if node.args.get("spec"):
        parts.append(_frame(says, node.args["spec"]))
    return " ".join(parts)


def _frame(says: Says, node: exp.WindowSpec) -> str:
    check_arguments(node, ("kind", "start", "start_side", "end", "end_side"))
    kind = node.args["kind"]
    if kind not in ("ROWS", "RANGE"):
        raise refuse("a frame is ROWS or RANGE", node, "use ROWS BETWEEN … AND …")
    start = _edge(says, node, "start")
    return f"{kind} BETWEEN {start} AND {_edge(says, node, 'end')}" if node.args.get("end") else f"{kind} {start}"


def _edge(says: Says, node: exp.WindowSpec, which: str) -> str:
    value, side = node.args.get(which), node.args.get(f"{which}_side")
    if side not in (None, *_SIDES) or (isinstance(value, str) and value not in _EDGES):
        raise refuse("this edge of a frame is not known", node, "use UNBOUNDED, CURRENT ROW or a number")
    said = value if isinstance(value, str) else says.said(value)
    return f"{said} {side}" if side else said


def ordered(says: Says, node: exp.Order) -> str:
    """ORDER BY with its directions."""
    check_arguments(node, ("expressions",))
    return f"ORDER BY {', '.join(_direction(says, each) for each in node.expressions)}"


def _direction(says: Says, node: exp.Expr) -> str:
    if not isinstance(node, exp.Ordered):
        raise refuse("this cannot be ordered by", node, "order by a column or expression")
    check_arguments(node, ("this", "desc", "nulls_first"))
    direction = "DESC" if node.args.get("desc") else "ASC"
    return f"{says.said(node.this)} {direction} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"
