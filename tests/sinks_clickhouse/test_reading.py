"""A read is bounded and can change nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from sinks.clickhouse.connection import Connection, ReadFailed, SinkUnreachable
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.statements import Outbox, usage


@pytest.mark.parametrize(
    ("sql", "says", "over_limit"),
    [
        ("SELECT number FROM numbers(500001)", "Limit for result exceeded", True),
        ("SELECT sum(sleepEachRow(0.01)) FROM numbers(100000) SETTINGS max_threads = 1", "readonly mode", False),
        ("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1", "imeout exceeded", True),
        ("SELECT length(groupArray(toString(number))) FROM numbers(100000000)", "emory limit", True),
        # These fail after they have put out rows, which must not come with the answer to the next query.
        ("SELECT number, throwIf(number = 300000) FROM numbers(1000000)", "throwIf", False),
        ("SELECT 1; SELECT throwIf(1)", "throwIf", False),
        ("SELECT 1 SETTINGS max_result_rows = 0", "readonly mode", False),
        ("SELECT 1 SETTINGS readonly = 0", "readonly mode", False),
        ("SET readonly = 0", "readonly mode", False),
        ("INSERT INTO facts_usage_day (tenant) VALUES ('x')", "readonly mode", False),
        ("DROP TABLE facts_usage_day", "readonly mode", False),
        ("TRUNCATE TABLE facts_usage_day", "readonly mode", False),
        ("SELECT 1; DROP TABLE facts_usage_day", "readonly mode", False),
        ("SELECT * FROM file('/etc/hostname', 'LineAsString')", "readonly mode", False),
        ("SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "readonly mode", False),
        ("SELECT nothing FROM usage_daily", "nothing", False),
    ],
)
def test_a_read_that_may_not_be_is_ended(sink: ClickHouseSink, sql: str, says: str, over_limit: bool) -> None:
    sink.write([Outbox().say(usage("a", 1))])
    with pytest.raises(ReadFailed, match=says) as failed:
        sink.read(sql)
    assert failed.value.over_limit == over_limit
    assert failed.value.code is not None
    assert not str(failed.value).startswith("Code:")
    assert "(version" not in str(failed.value)
    for _ in range(4):
        assert sink.read("SELECT account, quantity FROM usage_daily").rows == [("a", 1)]


def test_values_go_in_as_parameters_and_instants_come_out_in_utc(sink: ClickHouseSink) -> None:
    sink.write([Outbox(tenant="o'neill").say(usage("a", 1))])
    sql = "SELECT tenant, said_at, quantity FROM usage_daily WHERE tenant = {tenant:String} AND said_at < '2026-01-02'"
    result = sink.read(sql, {"tenant": "o'neill"})
    assert result.columns == ("tenant", "said_at", "quantity")
    assert result.types == ("LowCardinality(String)", "DateTime64(6, 'UTC')", "Int64")
    assert result.rows == [("o'neill", datetime(2026, 1, 1, 12, tzinfo=UTC), 1)]
    assert sink.read(sql, {"tenant": "' OR 1 = 1 --"}).rows == []


def test_reads_go_on_beside_each_other_and_beside_writes(sink: ClickHouseSink) -> None:
    outbox = Outbox()
    sink.write([outbox.say(usage(f"account {number}", 1)) for number in range(500)])
    counts: list[int] = []

    def read() -> None:
        counts.extend(sink.read("SELECT count() FROM usage_daily").rows[0][0] for _ in range(10))

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for quantity in range(2, 7):
        sink.write([outbox.say(usage(f"account {number}", quantity)) for number in range(500)])
    for thread in threads:
        thread.join()
    assert counts == [500] * 50


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("sqlite:///x", "names no ClickHouse"),
        ("chdb://", "names no path"),
        ("http://someone:secret@127.0.0.1:9/db", "ClickHouse at http://127.0.0.1:9/db does not answer"),
    ],
)
def test_a_dsn_that_leads_nowhere_is_refused_without_its_password(dsn: str, says: str) -> None:
    with pytest.raises(SinkUnreachable, match=says) as refused:
        Connection(dsn)
    assert "secret" not in str(refused.value)
