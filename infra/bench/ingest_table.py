"""Rows as a table that people read."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from infra.quality.row import Row


def table(rows: Sequence[Row]) -> Table:
    """Each row beside its goal and what it is compared with."""
    shown = Table(title="The door under load")
    for column in ("what", "measured", "unit", "goal", "beside", ""):
        shown.add_column(column, justify="right" if column in {"measured", "goal", "beside"} else "left")
    for row in rows:
        numbers = [_number(number) for number in (row.value, row.goal, row.baseline)]
        shown.add_row(row.name, numbers[0], row.unit, numbers[1], numbers[2], row.baseline_name)
    return shown


def _number(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"
