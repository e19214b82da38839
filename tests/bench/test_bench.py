"""Does every measurement still run, and write what is to be read of it?"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from infra.bench.__main__ import main
from infra.bench.catalog import MEASUREMENTS
from infra.quality.row import Row


@pytest.mark.chaos
def test_a_quick_run_writes_a_row_for_every_goal(tmp_path: Path) -> None:
    """With `make chaos`: an application is started anew for each measurement, which takes most of a minute."""
    into = tmp_path / "build" / "bench.json"
    assert main(["--quick", "--into", str(into)]) == 0
    rows = msgspec.json.decode(into.read_bytes(), type=list[Row])
    assert len(rows) >= len(MEASUREMENTS)
    assert all(row.name and row.unit and row.value > 0 for row in rows)
    assert [row.goal for row in rows if row.goal is not None] == [15_000, 20_000, 2, 3, 2.5, 2, 16_384, 500]
    assert {row.baseline_name for row in rows if row.baseline is not None} == {"parse and count"}
