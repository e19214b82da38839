"""`python -m infra.bench_kafka`: measures over one broker, prints a table, writes `build/bench-kafka.json`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from infra.bench_kafka import folding, on_flink, producing, recovering, sequencing
from infra.bench_kafka.load import new_log
from infra.bench_kafka.place import place
from infra.bench_kafka.scale import SCALES, Scale
from infra.quality.row import Row
from streams.collector import look_for_cycles_seldom

OUTCOME = Path("build") / "bench-kafka.json"
PARTS: Final = ("appends", "workers", "flink", "recovery")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurements, one after another; 0 when each ended well."""
    asked = _arguments(arguments)
    look_for_cycles_seldom()
    console, began = Console(), time.monotonic()
    rows = _measured(SCALES["quick" if asked.quick else "full"], asked.only or PARTS, console)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    console.print(_table(rows))
    console.print(f"written to {asked.into}, after {time.monotonic() - began:.0f} s")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.bench_kafka", description="Measure speed on Kafka.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, not how fast")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part to be measured; give it again for more")
    parser.add_argument("--into", type=Path, default=OUTCOME, help=f"where the rows go; {OUTCOME} if left out")
    return parser.parse_args(arguments)


def _measured(scale: Scale, parts: Sequence[str], console: Console) -> list[Row]:
    with place() as here:
        log = new_log(here, "taken")
        # The journal that every part reads.
        with console.status("measuring the sequencer"):
            rows = sequencing.measure(here, log, scale.events)
        measures: dict[str, Callable[[], list[Row]]] = {
            "appends": lambda: producing.measure(here, log),
            "workers": lambda: folding.measure(here, log),
            "flink": lambda: on_flink.measure(here, log, scale.process_events),
            "recovery": lambda: recovering.measure(here, log, scale.copies),
        }
        for part in PARTS:
            if part in parts:
                with console.status(f"measuring {part}"):
                    rows += measures[part]()
    return rows


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="Speed on Kafka")
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
