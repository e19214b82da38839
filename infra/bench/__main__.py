"""`python -m infra.bench`: measures everything, prints a table and writes `build/bench.json`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from infra.bench.catalog import MEASUREMENTS
from infra.bench.loading import folder
from infra.quality.row import Row

OUTCOME = Path("build") / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurements asked for, one after another; 0 when each ended well."""
    asked = _arguments(arguments)
    console = Console()
    rows: list[Row] = []
    for name in asked.only or MEASUREMENTS:
        with console.status(f"measuring {name}"):
            rows += _measured(name, "quick" if asked.quick else "full")
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    console.print(_table(rows))
    console.print(f"written to {asked.into}")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description="Measure speed and memory.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, not how fast")
    parser.add_argument("--only", nargs="+", choices=tuple(MEASUREMENTS), help="these measurements alone")
    parser.add_argument("--into", type=Path, default=OUTCOME, help=f"where the rows go; {OUTCOME} if left out")
    return parser.parse_args(arguments)


def _measured(name: str, scale: str) -> list[Row]:
    """In a process of its own: an embedded engine has one path a process, and memory is not mixed up."""
    with folder() as root:
        into = root / "rows.json"
        subprocess.run([sys.executable, "-m", "infra.bench.one", name, scale, str(into)], check=True)
        return msgspec.json.decode(into.read_bytes(), type=list[Row])


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Speed and memory")
    for column in ("what", "measured", "unit", "goal", "beside", ""):
        table.add_column(column, justify="right" if column in {"measured", "goal", "beside"} else "left")
    for row in rows:
        numbers = [_number(number) for number in (row.value, row.goal, row.baseline)]
        table.add_row(row.name, numbers[0], row.unit, numbers[1], numbers[2], row.baseline_name)
    return table


def _number(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


if __name__ == "__main__":
    sys.exit(main())
