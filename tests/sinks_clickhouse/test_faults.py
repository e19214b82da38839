"""Killed, cut off or doubled: each statement has one effect."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.connection import Connection, SinkUnreachable
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.sink import ClickHouseSink
from tests.sinks_clickhouse.conftest import MIGRATIONS
from tests.sinks_clickhouse.killed_writer import said
from tests.sinks_clickhouse.statements import Outbox, usage

ROOT = Path(__file__).parents[2]


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def seen(sink: ClickHouseSink) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    usage_rows = sink.read("SELECT account, quantity FROM usage_daily ORDER BY account").rows
    return list(usage_rows), list(sink.read("SELECT event_id FROM health_history ORDER BY position").rows)


def expected(last: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    quantities = {f"account {token % 50}": token for token in range(last + 1) if token % 3}
    return sorted(quantities.items()), [(f"e-{token}",) for token in range(0, last + 1, 3)]


def test_a_writer_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    last, chance, kills = 249, random.Random(7), 0
    command = python("-m", "tests.sinks_clickhouse.killed_writer", str(tmp_path / "db"), str(MIGRATIONS), str(last))
    for _ in range(30):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randint(3, 10)):
                if not writer.stdout.readline():
                    break
            time.sleep(chance.random() * 0.03)
            if writer.poll() is None:
                writer.kill()
                kills += 1
        if writer.returncode == 0:
            break
    assert kills >= 2
    sink = ClickHouseSink.open(f"chdb://{tmp_path / 'db'}", MIGRATIONS)
    try:
        assert sink.position() == last
        assert seen(sink) == expected(last)
    finally:
        sink.close()


class Lost(RuntimeError):
    """The answer of an insert did not arrive."""


class UnsteadyConnection(Connection):
    """Its inserts fail by chance, before or after they were done."""

    lost = 0
    chance = random.Random(11)

    @contextmanager
    def writer(self) -> Iterator[Client]:
        with super().writer() as client:
            done = client.insert

            def insert(*arguments: Any, **options: Any) -> None:
                if self.chance.random() < 0.2:
                    self.lost += 1
                    raise Lost("before")
                done(*arguments, **options)
                if self.chance.random() < 0.2:
                    self.lost += 1
                    raise Lost("after")

            client.insert = insert  # type: ignore[method-assign,assignment]
            try:
                yield client
            finally:
                client.insert = done  # type: ignore[method-assign]


def test_an_insert_whose_outcome_is_unknown_is_sent_again_with_one_effect(tmp_path: Path) -> None:
    connection = UnsteadyConnection(f"chdb://{tmp_path}")
    sink = ClickHouseSink(connection)
    last = 199
    outbox = said(last)
    try:
        with connection.writer() as client:
            migrate(client, MIGRATIONS)
        while (position := sink.position()) < last:
            try:
                sink.write(outbox[position + 1 : position + 11])
            except Lost:
                # The owner may cut the batch otherwise the second time.
                continue
        assert connection.lost > 20
        assert seen(sink) == expected(last)
    finally:
        sink.close()


def test_a_second_process_is_told_who_holds_the_files(sink: ClickHouseSink, opened: ClickHouseSink) -> None:
    folder = opened._connection.dsn.removeprefix("chdb://")  # noqa: SLF001
    code = (
        "import sys\nfrom sinks.clickhouse.connection import Connection, SinkUnreachable\n"
        "try:\n    Connection('chdb://' + sys.argv[1])\nexcept SinkUnreachable as error:\n    print(error)\n"
    )
    answer = subprocess.run(
        python("-c", code, folder), cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    ).stdout
    assert f"the embedded ClickHouse at {folder} cannot be opened: either another process holds it" in answer


def test_a_second_path_in_one_process_is_refused(sink: ClickHouseSink, tmp_path: Path) -> None:
    with pytest.raises(SinkUnreachable, match="one path at a time"):
        Connection(f"chdb://{tmp_path}")
    sink.write([Outbox().say(usage("a", 1))])
    assert sink.position() == 0


def in_child(sink: ClickHouseSink, answers: Any) -> None:
    for call in (sink.position, lambda: sink.read("SELECT 1")):
        try:
            answers.put(repr(call()))
        except SinkUnreachable as error:
            answers.put(str(error))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_refused_instead_of_hanging(sink: ClickHouseSink) -> None:
    context = multiprocessing.get_context("fork")
    answers: Any = context.SimpleQueue()
    child = context.Process(target=in_child, args=(sink, answers))
    child.start()
    said_there = [answers.get(), answers.get()]
    child.kill()  # a forked copy of the engine need not end by itself
    child.join(10)
    assert all("was forked from it" in answer for answer in said_there)
    assert sink.position() == -1
