"""One embedded engine per test file, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.clickhouse.connection import ReadLimits
from sinks.clickhouse.sink import ClickHouseSink

MIGRATIONS = Path(__file__).parents[2] / "infra" / "clickhouse"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseSink]:
    limits = ReadLimits(seconds=2.0, rows=500_000, memory_bytes=100 << 20)
    sink = ClickHouseSink.open(f"chdb://{tmp_path_factory.mktemp('clickhouse')}", MIGRATIONS, limits)
    yield sink
    sink.close()


@pytest.fixture
def sink(opened: ClickHouseSink) -> ClickHouseSink:
    opened.reset()
    return opened
