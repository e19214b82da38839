"""`python -m infra.bench_kafka`: measures over one broker, prints a table, writes `build/bench-kafka.json`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from infra.bench_kafka import folding, on_flink, producing, recovering, sequencing
from infra.bench_kafka.load import journal, new_log
from infra.bench_kafka.place import place
from infra.bench_kafka.scale import SCALES, Scale
from infra.collector import look_for_cycles_seldom
from infra.quality.row import Row

OUTCOME = Path("build") / "bench-kafka.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurements, one after another; 0 when each ended well."""
    asked = _arguments(arguments)
    look_for_cycles_seldom()
    console, began = Console(), time.monotonic()
    rows = _measured(SCALES["quick" if asked.quick else "full"], console)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    console.print(_table(rows))
    console.print(f"written to {asked.into}, after {time.monotonic() - began:.0f} s")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.bench_kafka", description="Measure speed on Kafka.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, not how fast")
    parser.add_argument("--into", type=Path, default=OUTCOME, help=f"where the rows go; {OUTCOME} if left out")
    return parser.parse_args(arguments)


def _measured(scale: Scale, console: Console) -> list[Row]:
    with place() as here:
        log = new_log(here, "taken")
        with console.status("measuring the sequencer"):
            rows = sequencing.measure(here, log, scale.events)
        records = sum(key is not None for _, key, _, _ in journal(log))
        with console.status("measuring appends"):
            rows += producing.measure(here, log)
        with console.status("measuring workers"):
            folded, one = folding.measure(here, log)
            rows += folded
        with console.status("measuring Flink"):
            rows += on_flink.measure(here, one, records, scale.process_events)
        with console.status("measuring recovery"):
            rows += recovering.measure(here, log, scale.copies)
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
