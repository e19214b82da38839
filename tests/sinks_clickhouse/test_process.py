"""ClickHouse held by another process: the same answers, errors as they are, and nothing lost when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.facts import DocumentWritten, UsageDay
from sinks.clickhouse.connection import ReadFailed, ReadLimits, SinkUnreachable
from sinks.clickhouse.process import ClickHouseProcess, PackedFeed
from sinks.clickhouse.wire import encoded, portable, restored
from sinks.contract import Packed, Statement, pack, unpack
from sinks.unwritable import UnwritableStatement
from sinks.worker import Pace, SinkWorker
from tests.patience import wait_until
from tests.sinks_clickhouse.conftest import MIGRATIONS
from tests.sinks_clickhouse.statements import Outbox, usage

ROOT = Path(__file__).parents[2]
TOO_LARGE = UsageDay(account="a", name="n", day=1, quantity=2**63, events=1)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseProcess]:
    dsn = f"chdb://{tmp_path_factory.mktemp('clickhouse')}"
    process = ClickHouseProcess.open(dsn, MIGRATIONS, ReadLimits(seconds=2.0, rows=1_000))
    yield process
    process.close()


@pytest.fixture
def process(opened: ClickHouseProcess) -> ClickHouseProcess:
    opened.reset()
    return opened


def runs_of(statements: Sequence[Statement], size: int = 7) -> list[Packed]:
    parts = [statements[start : start + size] for start in range(0, len(statements), size)]
    return [Packed(part[-1].token, pack(part)) for part in parts]


def source_of(outbox: Outbox) -> Any:
    return lambda after, limit: [run for run in runs_of(outbox.said) if run.last_token > after][:limit]


def quantities(process: ClickHouseProcess) -> dict[str, int]:
    return dict(process.read("SELECT account, quantity FROM usage_daily ORDER BY account").rows)


PLAIN: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.ip_addresses(),
    st.timedeltas(),
)


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_value_arrives_as_it_was_sent(value: Any) -> None:
    assert msgspec.msgpack.decode(encoded(portable(value)), ext_hook=restored) == value


def test_what_has_no_type_on_the_way_is_refused() -> None:
    with pytest.raises(TypeError, match="a object cannot be told"):
        portable([object()])


def test_values_of_every_type_are_read_as_they_are(process: ClickHouseProcess) -> None:
    result = process.read(
        "SELECT {n:Int64} AS n, toUInt256('340282366920938463463374607431768211456') AS big, "
        "toDecimal64('1.50', 2) AS d, toDate('2026-01-31') AS day, "
        "toDateTime64('2026-01-31 09:30:00.5', 6, 'UTC') AS at, NULL AS nothing, "
        "[1, 2] AS listed, ('a', 1) AS pair, map('k', 1) AS mapped, "
        "toUUID('6fa459ea-ee8a-4ca4-894e-db77e160355e') AS id, "
        "toIPv4('10.0.0.1') AS four, toIPv6('::1') AS six, nan AS nan",
        {"n": 7},
    )
    *row, nan = result.rows[0]
    assert row == [
        7,
        2**128,
        Decimal("1.50"),
        date(2026, 1, 31),
        datetime(2026, 1, 31, 9, 30, 0, 500_000, tzinfo=UTC),
        None,
        [1, 2],
        ["a", 1],
        {"k": 1},
        UUID("6fa459ea-ee8a-4ca4-894e-db77e160355e"),
        IPv4Address("10.0.0.1"),
        IPv6Address("::1"),
    ]
    assert nan != nan  # noqa: PLR0124 - what NaN is
    assert (result.columns[0], result.types[0]) == ("n", "Int64")


def test_errors_are_those_of_the_sink(process: ClickHouseProcess) -> None:
    with pytest.raises(ReadFailed) as over:
        process.read("SELECT number FROM numbers(100000)")
    assert over.value.over_limit
    with pytest.raises(ReadFailed) as wrong:
        process.read("SELECT nothing")
    assert not wrong.value.over_limit
    process.write([Outbox().say(usage("a", 1))])
    with pytest.raises(ValueError, match="generation 0 of tenant 'acme' is what readers see"):
        process.delete_generation(["acme"], 0)


def test_statements_arrive_once_in_order_and_those_without_a_table_are_left_out(process: ClickHouseProcess) -> None:
    outbox = Outbox()
    for number in range(40):
        outbox.say(usage(f"account {number % 5}", number))
    document = DocumentWritten(
        form="ticket", entity="T-1", ticket="T-1", account=None, person=None, text="", language=None, status="new",
        category=None, csat_percent=None, answer="", written_at=0, updated_at=0,
    )  # fmt: skip
    outbox.say(document)
    runs = runs_of(outbox.said)
    written = process.write_packed(runs, 9, ("document.written",))
    assert (written.read, written.written, written.refused) == (30, 30, [])
    assert quantities(process) == {f"account {number}": 35 + number for number in range(5)}
    assert process.position() == 39
    assert process.for_source("rebuild 1").position() == -1
    process.activate("acme", 3)
    assert process.active_generation("acme") == 3
    assert quantities(process) == {}
    assert set(process.tables_digest("acme")) >= {"usage.day"}


def test_what_is_refused_is_told_and_the_rest_is_written(process: ClickHouseProcess) -> None:
    outbox = Outbox()
    for fact in (usage("a", 1), TOO_LARGE, usage("b", 2)):
        outbox.say(fact)
    refused: list[str] = []
    feed = PackedFeed(process, source_of(outbox), lambda error: refused.append(str(error)))
    carried = feed.carry(-1, 100)
    assert carried is not None
    assert (carried.token, carried.read, carried.written, carried.refused) == (2, 3, 2, 1)
    assert quantities(process) == {"a": 1, "b": 2}
    assert len(refused) == 1
    assert "usage.day.quantity" in refused[0]
    assert feed.carry(2, 100) is None
    with pytest.raises(UnwritableStatement, match=r"usage\.day\.quantity"):
        process.write(outbox.said)


def test_a_killed_child_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    process, outbox, wake = ClickHouseProcess.open(f"chdb://{tmp_path}", MIGRATIONS), Outbox(), threading.Event()
    worker = SinkWorker(PackedFeed(process, source_of(outbox), lambda _: None), wake, Pace(pause_seconds=0.01))
    worker.start()
    try:
        for number in range(3):
            for token in range(20):
                outbox.say(usage(f"account {token}", 100 * number + token))
            wake.set()
            wait_until(lambda: worker.health().rows > 0, 20)
            killed = process.process_id
            os.kill(killed, signal.SIGKILL)
            # Whether the worker or this thread is the first to notice is chance.
            with suppress(SinkUnreachable):
                process.read("SELECT 1")
            assert process.read("SELECT 1").rows == [(1,)]
            assert process.process_id != killed
        wake.set()
        assert worker.drain(30)
        assert quantities(process) == {f"account {token}": 200 + token for token in range(20)}
    finally:
        worker.stop()
        process.close()
    with pytest.raises(SinkUnreachable, match="is closed"):
        process.read("SELECT 1")


def test_the_child_ends_with_its_parent_and_the_next_one_takes_over(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom sinks.clickhouse.process import ClickHouseProcess\n"
        f"process = ClickHouseProcess.open('chdb://{tmp_path}', Path({str(MIGRATIONS)!r}))\n"
        "print('open', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "open\n"
        parent.kill()
    process = ClickHouseProcess.open(f"chdb://{tmp_path}", MIGRATIONS)
    assert process.read("SELECT 1").rows == [(1,)]
    process.close()


def test_packed_statements_come_back_as_they_were() -> None:
    outbox = Outbox()
    for number in range(20):
        outbox.say(usage(f"account {number}", number))
    said = [*outbox.said, msgspec.structs.replace(outbox.said[3], token=20, fact=None)]
    assert unpack(runs_of(said)) == said
    assert unpack(runs_of(said), 12) == said[13:]
    assert unpack(runs_of(said), without=("usage.day",)) == []
    assert timedelta(0) == msgspec.msgpack.decode(encoded(portable(timedelta(0))), ext_hook=restored)
