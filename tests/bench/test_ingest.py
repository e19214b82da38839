"""Does the measurement of the door still run, and write what is to be read of it?"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from infra.bench.ingest import main
from infra.quality.row import Row


@pytest.mark.chaos
def test_a_quick_run_writes_a_row_for_every_goal(tmp_path: Path) -> None:
    into = tmp_path / "build" / "bench-ingest.json"
    assert main(["--quick", "--into", str(into)]) == 0
    rows = msgspec.json.decode(into.read_bytes(), type=list[Row])
    assert all(row.name and row.unit and row.value > 0 for row in rows)
    assert [row.goal for row in rows if row.goal is not None] == [3_000, 50, 20_000, 50, 20]
    assert {row.baseline_name for row in rows if row.baseline is not None} == {
        "an app that only reads the body",
        "alone",
        "after a third of it",
    }
