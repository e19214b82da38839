"""How answers look on a terminal: JSON for programs, tables and bars for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

# Without a terminal rich would fold at 80 columns; programs that read the text want whole lines.
_WIDE = 160
console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
errors = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDE)

_BAR = 24


def as_json(content: object) -> None:
    """Prints JSON on standard output."""
    sys.stdout.buffer.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n")
    sys.stdout.buffer.flush()


def table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Prints rows under their columns; says so where there is none."""
    if not rows:
        console.print(f"{title}: none")
        return
    shown = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        numeric = all(isinstance(row.get(column), int | float | None) for row in rows)
        shown.add_column(column.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(row.get(column)) for column in columns))
    console.print(shown)


def rows(title: str, found: Sequence[Mapping[str, Any]], columns: Sequence[str], *, for_programs: bool) -> None:
    """Prints rows whole for programs, or under their columns for people."""
    if for_programs:
        as_json(found)
    else:
        table(title, found, columns)


def fields(title: str, row: Mapping[str, Any], names: Sequence[str]) -> None:
    """Prints the named fields of one row that hold something."""
    console.print(f"[bold]{escape(title)}[/bold]")
    for name in names:
        if row.get(name) not in (None, "", [], ()):
            console.print(f"  {name.replace('_', ' '):<22} {_cell(row[name])}")


def explanation(said: Mapping[str, Any]) -> None:
    """Prints one explanation: its terms as signed bars, which sum to its total."""
    total = f"{_number(said['total'], 6)} {said['unit']}"
    console.print(
        f"[bold]{escape(said['subject'])} · {escape(said['kind'])}[/bold] = {total}   "
        f"[dim]{escape(said['basis'])}, position {said['position']}[/dim]"
    )
    largest = max((abs(term["amount"]) for term in said["terms"]), default=0.0) or 1.0
    for term in said["terms"]:
        length = round(_BAR * abs(term["amount"]) / largest)
        colour = "green" if term["amount"] >= 0 else "red"
        ids = ", ".join(term["event_ids"][:3])
        console.print(
            f"  {term['amount']:>+12.4f} [{colour}]{'█' * length:<{_BAR}}[/{colour}] {escape(term['label'])}"
            + (f"  [dim]{escape(ids)}[/dim]" if ids else "")
        )


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error: (done, total, stage) as they come."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=not errors.is_terminal, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None, rate="")

        def tell(done: int, total: int, stage: str) -> None:
            if bar.tasks[task].description != stage:
                bar.reset(task, description=stage)
            speed = bar.tasks[task].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield tell


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value, 4)
    if isinstance(value, list | tuple):
        return ", ".join(_cell(one) for one in value)
    return escape(str(value))


def _number(value: float, digits: int) -> str:
    """So many digits of it, and all of those before the point: nobody reads seconds or money as 4.32e+05."""
    return f"{value:.{digits}g}" if abs(value) < 10 ** (digits - 1) else f"{value:.0f}"
