"""The sink over HTTP does what it does embedded: the same engine, behind the wire."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.facts import FACT_KINDS
from sinks.clickhouse.connection import ReadFailed, ReadLimits
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.conftest import MIGRATIONS
from tests.sinks_clickhouse.statements import Outbox, example, usage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseSink]:
    command = [sys.executable, "-m", "tests.sinks_clickhouse.loopback_server", str(tmp_path_factory.mktemp("server"))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        sink = ClickHouseSink.open(
            f"http://default:@127.0.0.1:{port}/default?compress=false", MIGRATIONS, ReadLimits(rows=1_000)
        )
        yield sink
        sink.close()
        process.kill()


def test_facts_of_every_kind_go_in_and_come_back(server: ClickHouseSink) -> None:
    server.reset()
    outbox = Outbox(tenant="o'neill ü")
    server.write([outbox.say(example(kind)) for kind in FACT_KINDS])
    server.write(
        [outbox.say(usage("a", 1)), outbox.say(usage("a", 2)), outbox.say(usage("b", 1)), outbox.retract(usage("b", 1))]
    )
    result = server.read(
        "SELECT account, quantity, said_at FROM usage_daily WHERE tenant = {tenant:String} AND account = 'a'",
        {"tenant": "o'neill ü"},
    )
    assert result.rows == [("a", 2, datetime(2026, 1, 1, 12, 0, 0, len(FACT_KINDS) + 1, tzinfo=UTC))]
    assert server.position() == len(outbox.said) - 1
    assert server.read("SELECT health_terms FROM accounts WHERE health > 0").rows == [
        ('[["late reply",-0.25,["e-1"]]]',)
    ]
    assert len(set(server.tables_digest("o'neill ü").values())) == len(FACT_KINDS)


@pytest.mark.parametrize(
    ("sql", "says", "over_limit"),
    [
        ("SELECT number FROM numbers(1001)", "Limit for result exceeded", True),
        ("DROP TABLE facts_usage_day", "readonly mode", False),
        ("SELECT 1 SETTINGS max_result_rows = 0", "readonly mode", False),
    ],
)
def test_a_read_is_bounded_and_changes_nothing(server: ClickHouseSink, sql: str, says: str, over_limit: bool) -> None:
    with pytest.raises(ReadFailed, match=says) as failed:
        server.read(sql)
    assert failed.value.over_limit == over_limit
