"""One sink of a home folder, fed from a log on Kafka for as long as a command runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from infra.engines import open_clickhouse, open_search_index, open_webhooks
from infra.home import Home
from infra.kafka.cells import follow_cells, open_copy
from infra.kafka.service import health_of
from infra.kafka.sinks import SinkTaker, follow_alerts, follow_search, follow_tables, sink_locked
from infra.settings import Settings
from infra.telemetry.logs import configure_logs
from sinks.qdrant.sink import SearchSink
from sinks.worker import WorkerHealth
from streams.embedded import machine_clock
from streams.kafka.address import Address
from streams.kafka.following import Follower
from streams.kafka.state_topic import KeptTopics
from streams.kafka.topics import require_topics

_LOOK_SECONDS = 0.5
_AT_A_TIME_SECONDS = 5.0


class Feed:
    """A sink that is being fed. Waiting raises what ended it: records that are lost, above all."""

    def __init__(self, follower: Follower, taker: SinkTaker, delivered: Callable[[float], bool]) -> None:
        self._follower = follower
        self._taker = taker
        self._delivered = delivered

    def wait(self, stop: threading.Event) -> None:
        """Returns when told to."""
        while not stop.wait(_LOOK_SECONDS):
            if self._follower.failure is not None:
                raise self._follower.failure

    def wait_until_idle(self, stop: threading.Event) -> None:
        """Returns when the sink holds all that the topics hold, and webhooks that are due were tried; or when told."""
        while not stop.is_set():
            if self._follower.drain(_AT_A_TIME_SECONDS) and self._delivered(_AT_A_TIME_SECONDS):
                return

    def health(self) -> WorkerHealth:
        """How it fares."""
        return health_of(self._follower, self._taker)


@contextmanager
def feeding(name: str, home: Home, settings: Settings, address: Address) -> Iterator[Feed]:
    """Feeds a sink until the block ends. Raises HomeLocked, TopicsDiffer, and what the sink raises."""
    configure_logs()
    require_topics(address)
    with ExitStack() as closing:
        follower, taker, delivered = _OPEN[name](home, settings, address, closing)
        follower.start()
        closing.callback(follower.stop)
        yield Feed(follower, taker, delivered)


_Opened = tuple[Follower, SinkTaker, Callable[[float], bool]]


def _clickhouse(home: Home, settings: Settings, address: Address, closing: ExitStack) -> _Opened:
    closing.enter_context(sink_locked(home, "clickhouse"))
    tables = open_clickhouse(home, settings)
    closing.callback(tables.close)
    return *follow_tables(address, home, settings, tables, _nobody), _at_once


def _qdrant(home: Home, settings: Settings, address: Address, closing: ExitStack) -> _Opened:
    closing.enter_context(sink_locked(home, "qdrant"))
    index = open_search_index(home, settings)
    closing.callback(index.close)
    sink = SearchSink(index, home.kafka_search_position)
    closing.callback(sink.close)
    return *follow_search(address, home, index, sink, _nobody), _at_once


def _webhooks(home: Home, settings: Settings, address: Address, closing: ExitStack) -> _Opened:
    closing.enter_context(sink_locked(home, "webhooks"))
    sink = open_webhooks(home, settings, machine_clock)
    closing.callback(sink.close)
    sink.start()
    return *follow_alerts(address, home, sink, machine_clock, _nobody), sink.drain


def _cells(home: Home, _: Settings, address: Address, closing: ExitStack) -> _Opened:
    closing.enter_context(sink_locked(home, "cells"))
    copy = open_copy(home)
    closing.callback(copy.close)
    return follow_cells(address, copy, KeptTopics(address).names(), _nobody), copy, _at_once


_OPEN: dict[str, Callable[[Home, Settings, Address, ExitStack], _Opened]] = {
    "clickhouse": _clickhouse,
    "qdrant": _qdrant,
    "webhooks": _webhooks,
    "cells": _cells,
}


def _nobody() -> None:
    """Nobody waits for news."""


def _at_once(_: float) -> bool:
    """What was taken is there."""
    return True
