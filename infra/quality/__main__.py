"""`make quality`: how well the models predict, beside peers and baselines of the same run."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from infra.quality import churn, text
from infra.quality.row import Row

SEEDS = 5
OUTCOME = Path("build/quality.json")


def main() -> int:
    """Measures, prints a table and writes `build/quality.json`."""
    datasets = Path(os.environ.get("MILLRACE_DATASETS", "../shared/data")).resolve()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if not datasets.is_dir():
        console.print(f"There are no data sets at {datasets}: name their folder with MILLRACE_DATASETS.")
        return 1
    rows = [*text.measure(datasets, SEEDS), *churn.measure(datasets, SEEDS)]
    console.print(shown(rows))
    OUTCOME.parent.mkdir(exist_ok=True)
    OUTCOME.write_bytes(orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2))
    console.print(f"written to {OUTCOME}")
    return 0


def shown(rows: list[Row]) -> Table:
    """The rows as a table."""
    table = Table(title="Quality", title_justify="left", header_style="bold")
    for column in ("what", "value", "unit", "goal", "baseline", "baseline is"):
        table.add_column(column, justify="right" if column in ("value", "baseline") else "left")
    for row in rows:
        baseline = "" if row.baseline is None else f"{row.baseline:.4g}"
        table.add_row(row.name, f"{row.value:.4g}", row.unit, str(row.goal or ""), baseline, row.baseline_name or "")
    return table


if __name__ == "__main__":
    sys.exit(main())
