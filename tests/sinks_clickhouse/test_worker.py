"""A worker brings what its source holds into a sink: in order, at least once, soon, and in few batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from sinks.clickhouse.sink import ClickHouseSink
from sinks.contract import Statement
from sinks.feed import StatementFeed
from sinks.unwritable import UnwritableStatement
from sinks.worker import Pace, SinkWorker
from tests.sinks_clickhouse.statements import Outbox, usage


class Kept:
    """A sink in memory that notes its batches, fails when told to and refuses some tokens."""

    name = "kept"

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.failures = 0
        self.bad: tuple[int, ...] = ()

    def write(self, statements: Sequence[Statement]) -> None:
        tokens = [statement.token for statement in statements]
        refused = tuple(token for token in tokens if token in self.bad)
        if refused:
            raise UnwritableStatement(refused[:1], f"token {refused[0]} is bad")
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no answer")
        self.batches.append(tokens)

    def position(self) -> int:
        return self.batches[-1][-1] if self.batches else -1

    def close(self) -> None: ...

    @property
    def tokens(self) -> list[int]:
        return [token for batch in self.batches for token in batch]


class Source(Outbox):
    """An outbox that can be read after a token."""

    def after(self, token: int, limit: int) -> Sequence[Statement]:
        return self.said[token + 1 : token + 1 + limit]

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.say(usage(f"account {len(self.said)}", 1))


@contextmanager
def working(
    sink: Kept | ClickHouseSink, source: Source, pace: Pace
) -> Iterator[tuple[SinkWorker, threading.Event, list[str]]]:
    wake, refused = threading.Event(), list[str]()
    feed = StatementFeed(sink, source.after, lambda error: refused.append(str(error)))
    worker = SinkWorker(feed, wake, pace)
    worker.start()
    try:
        yield worker, wake, refused
    finally:
        worker.stop()
        assert not worker.health().alive


def test_everything_is_written_once_in_order_and_in_full_batches() -> None:
    sink, source = Kept(), Source()
    source.grow(2_500)
    with working(sink, source, Pace(rows=1_000)) as (worker, _, _):
        assert worker.drain(20)
        health = worker.health()
    assert [len(batch) for batch in sink.batches] == [1_000, 1_000, 500]
    assert sink.tokens == list(range(2_500))
    assert (health.position, health.rows, health.batches, health.failures, health.error) == (2_499, 2_500, 3, 0, None)


def test_what_trickles_in_is_gathered_into_few_batches() -> None:
    sink, source = Kept(), Source()
    with working(sink, source, Pace(pause_seconds=0.25)) as (worker, wake, _):
        began = time.monotonic()
        for _ in range(100):
            source.grow(1)
            wake.set()
            time.sleep(0.005)
        took = time.monotonic() - began
        assert worker.drain(20)
    assert sink.tokens == list(range(100))
    assert len(sink.batches) <= took / 0.25 + 2


def test_it_goes_on_after_the_position_of_the_sink() -> None:
    sink, source = Kept(), Source()
    source.grow(10)
    sink.batches.append([0, 1, 2, 3])
    with working(sink, source, Pace()) as (worker, _, _):
        assert worker.drain(20)
    assert sink.tokens == list(range(10))


def test_a_failing_sink_is_tried_again_and_its_error_told() -> None:
    sink, source = Kept(), Source()
    source.grow(5)
    sink.failures = 10**6
    with working(sink, source, Pace(first_retry_seconds=0.001, longest_retry_seconds=0.01)) as (worker, _, _):
        assert not worker.drain(0.2)
        health = worker.health()
        assert health.failures > 2
        assert health.error == "ConnectionError: no answer"
        sink.failures = 2
        assert worker.drain(20)
        assert (worker.health().failures, worker.health().error) == (0, None)
    assert sink.batches == [[0, 1, 2, 3, 4]]


def test_bad_statements_are_set_aside_once_and_the_rest_is_written() -> None:
    sink, source = Kept(), Source()
    source.grow(6)
    sink.bad, sink.failures = (1, 4), 2
    with working(sink, source, Pace(first_retry_seconds=0.001)) as (worker, _, refused):
        assert worker.drain(20)
        assert worker.health().refused == 2
        assert worker.health().position == 5
    assert sink.batches == [[0, 2, 3, 5]]
    assert refused == ["token 1 is bad", "token 4 is bad"]


def test_batches_of_nothing_but_bad_statements_do_not_stop_it() -> None:
    sink, source = Kept(), Source()
    source.grow(5)
    sink.bad = (2, 3, 4)
    with working(sink, source, Pace(rows=1, first_retry_seconds=0.001)) as (worker, _, refused):
        assert worker.drain(20)
        source.grow(1)
        assert worker.drain(20)
    assert sink.tokens == [0, 1, 5]
    assert len(refused) == 3


def test_stopping_does_not_wait_for_a_pause_or_a_retry() -> None:
    sink, source = Kept(), Source()
    source.grow(1)
    with working(sink, source, Pace(pause_seconds=600)) as (worker, _, _):
        while not sink.batches:
            time.sleep(0.01)
        worker.stop(timeout_seconds=20)
        assert not worker.health().alive
    sink.failures = 10**6
    source.grow(1)
    with working(sink, source, Pace(first_retry_seconds=600, longest_retry_seconds=600)) as (worker, _, _):
        while not worker.health().failures:
            time.sleep(0.01)


@pytest.mark.parametrize("bad", [False, True])
def test_it_keeps_clickhouse_up_to_date(sink: ClickHouseSink, bad: bool) -> None:
    source = Source()
    source.grow(2_000)
    with working(sink, source, Pace(rows=700)) as (worker, wake, refused):
        if bad:
            source.say(usage("too much", 2**63))
        source.grow(100)
        wake.set()
        assert worker.drain(30)
    assert len(refused) == bad
    assert sink.read("SELECT count(), sum(quantity) FROM usage_daily").rows == [(2_100, 2_100)]
    assert sink.position() == len(source.said) - 1
