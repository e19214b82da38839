"""Does every measurement on Kafka still run, and write what is to be read of it?"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from infra.bench_kafka.__main__ import main
from infra.quality.row import Row


@pytest.mark.chaos
def test_a_quick_run_writes_a_row_for_every_goal(tmp_path: Path) -> None:
    """With `make chaos`: three clusters and eight workers take longer to start than any other test here."""
    into = tmp_path / "build" / "bench-kafka.json"
    assert main(["--quick", "--into", str(into)]) == 0
    rows = msgspec.json.decode(into.read_bytes(), type=list[Row])
    assert all(row.name and row.unit and row.value > 0 for row in rows)
    assert [row.goal for row in rows if row.goal is not None] == [20_000, 0.7, 2, 1.3, 0.9, 0.7, 5, 30, 30]
