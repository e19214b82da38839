"""`make quality`: how well the models predict, beside peers and baselines of the same run."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from infra.quality import (
    asking,
    breach,
    churn,
    conduct,
    demand,
    drift,
    handling,
    health,
    intents,
    language,
    leaderboard,
    leaving,
    meanings,
    poison,
    replies,
    routing,
    scope,
    sentiment,
    text,
    topics,
    voices,
)
from infra.quality.page import page
from infra.quality.row import Row, number
from infra.quality.standing import Standing

SEEDS = 5
OUTCOME = Path("build/quality.json")
PAGE = Path("build/quality.html")


def main() -> int:
    """Measures, prints the leaderboard and all figures, and writes them as `build/quality.json` and a page."""
    argparse.ArgumentParser(prog="python -m infra.quality", description=__doc__).parse_args()
    datasets = Path(os.environ.get("MILLRACE_DATASETS", "../shared/data")).resolve()
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if not datasets.is_dir():
        console.print(f"There are no data sets at {datasets}: name their folder with MILLRACE_DATASETS.")
        return 1
    rows = [*text.measure(datasets, SEEDS), *churn.measure(datasets, SEEDS), *breach.measure(datasets)]
    rows += [
        *leaving.measure(),
        *routing.measure(datasets),
        *sentiment.measure(datasets),
        *conduct.measure(),
        *handling.measure(datasets),
        *demand.measure(datasets),
        *health.measure(SEEDS),
        *drift.measure(datasets, SEEDS),
    ]
    asked, by_labels = asking.measure(datasets, 2)
    rows += [*poison.measure(datasets, SEEDS), *asked, *scope.measure(datasets, 3), *topics.measure(datasets, 3)]
    rows += [*voices.measure(datasets), *intents.measure(datasets), *replies.measure(datasets)]
    rows += language.measure(datasets)
    model = meanings.named_model()
    if model is None:
        console.print("Not measured: what meanings add to words. Name a model of sentences: MILLRACE_EMBEDDING_MODEL.")
    else:
        rows += meanings.measure(datasets, model, SEEDS)
    told = leaderboard.measure(datasets)
    console.print(ranked(told.standings))
    console.print(shown(rows))
    OUTCOME.parent.mkdir(exist_ok=True)
    said = {"rows": [asdict(row) for row in rows], "leaderboard": [asdict(one) for one in told.standings]}
    OUTCOME.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    PAGE.write_text(page(rows, told.standings, [*told.charts, by_labels]), encoding="utf-8")
    console.print(f"written to {OUTCOME} and {PAGE}")
    return 0


def ranked(standings: list[Standing]) -> Table:
    """The leaderboard as a table."""
    table = Table(title="Leaderboard", title_justify="left", header_style="bold")
    for column in ("task", "contestant"):
        table.add_column(column)
    for column in ("accuracy", "calibration error", "answered at 0.95", "texts/s", "MB"):
        table.add_column(column, justify="right")
    for one in standings:
        shares = (f"{value:.3f}" for value in (one.accuracy, one.calibration_error, one.answered))
        table.add_row(one.task, one.contestant, *shares, f"{one.texts_per_second:,.0f}", f"{one.megabytes:.1f}")
    return table


def shown(rows: list[Row]) -> Table:
    """The rows as a table."""
    table = Table(title="Quality", title_justify="left", header_style="bold")
    for column in ("what", "value", "unit", "goal", "baseline", "baseline is"):
        table.add_column(column, justify="right" if column in ("value", "baseline") else "left")
    for row in rows:
        goal, baseline = ("" if value is None else number(value) for value in (row.goal, row.baseline))
        table.add_row(row.name, number(row.value), row.unit, goal, baseline, row.baseline_name or "")
    return table


if __name__ == "__main__":
    sys.exit(main())
