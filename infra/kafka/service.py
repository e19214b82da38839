"""The `Service` of a home folder whose log is on Kafka: records go to the intake, answers come out of the sinks.

Workers, in processes of their own, fold; this one takes, feeds its sinks, and answers. What a command does not need is
not opened, so that a sink that runs beside may keep its files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property

from infra.engines import open_clickhouse, open_search_index, open_webhooks
from infra.home import Home, HomeLocked
from infra.kafka.cells import CopiedCells
from infra.kafka.records import KafkaRecords
from infra.kafka.ring import Ring
from infra.kafka.sinks import SinkName, SinkTaker, follow_alerts, follow_search, follow_tables, sink_locked
from infra.settings import Settings
from schemas.event import Data
from sinks.clickhouse.sink import ClickHouseSink
from sinks.qdrant.contract import SearchIndex
from sinks.qdrant.sink import SearchSink
from sinks.webhook.sink import WebhookSink
from sinks.worker import WorkerHealth
from streams.collector import look_for_cycles_seldom
from streams.embedded import Clock, machine_clock
from streams.kafka.address import Address
from streams.kafka.following import Follower
from streams.kafka.intake import IntakeDoor
from streams.kafka.journal_reader import JournalReader
from streams.kafka.topics import require_topics
from streams.observer import Observer, Unobserved
from streams.sequencer import Taken


class KafkaService:
    """One home folder over a log on Kafka. `start` makes it the home folder's sinks, unless others are already."""

    def __init__(self, home: Home, settings: Settings, address: Address, *, clock: Clock = machine_clock) -> None:
        """Raises TopicsDiffer where topics are missing, BrokerUnreachable."""
        self._partitions = require_topics(address)
        look_for_cycles_seldom()
        self.home = home
        self.settings = settings
        self.clock = clock
        self.address = address
        self._cells = CopiedCells(address, home, self._tell)
        self.records = KafkaRecords(address, home, lambda: self.clickhouse, self._cells)
        self.changes = Ring(clock())
        self.fold_failure: BaseException | None = None
        self._closing = ExitStack()
        self._closing.callback(self._cells.close)
        self._listeners: list[Callable[[], None]] = []
        self._followers: list[tuple[Follower, SinkTaker]] = []
        self._tail: Follower | None = None
        self._observer: Observer = Unobserved()

    @cached_property
    def door(self) -> IntakeDoor:
        """Where records are taken."""
        door = IntakeDoor(self.address, self.clock)
        self._closing.callback(door.close)
        return door

    @cached_property
    def reader(self) -> JournalReader:
        """The journal, to be read."""
        reader = JournalReader(self.address, self._partitions)
        self._closing.callback(reader.close)
        return reader

    @cached_property
    def clickhouse(self) -> ClickHouseSink:
        """The tables. Raises HomeLocked where they are a folder that another process has open."""
        if not self.settings.clickhouse.dsn:
            self._closing.enter_context(sink_locked(self.home, "clickhouse"))
        tables = open_clickhouse(self.home, self.settings)
        self._closing.callback(tables.close)
        return tables

    @cached_property
    def search_index(self) -> SearchIndex:
        """The search index. Raises HomeLocked where it is a folder that another process has open."""
        if not self.settings.search.dsn:
            self._closing.enter_context(sink_locked(self.home, "qdrant"))
        index = open_search_index(self.home, self.settings)
        self._closing.callback(index.close)
        return index

    @cached_property
    def webhooks(self) -> WebhookSink:
        """The webhooks with their delivery log."""
        sink = open_webhooks(self.home, self.settings, self.clock)
        self._closing.callback(sink.close)
        return sink

    def start(self, *, fold: bool = True) -> None:
        """Feeds the sinks that nobody else of this home folder feeds. Without `fold` nothing is fed, only asked."""
        if not fold:
            return
        self._closing.enter_context(self.home.locked())
        self._follow_tables()
        self._follow_search()
        self._follow_alerts()
        self._cells.look_after()
        self._tail = Follower(self.address, None, ("facts",), self.changes, on_taken=self._told)
        for follower, _ in self._followers:
            follower.start()
        self._tail.start()

    def stop(self) -> None:
        """Ends after the batches in hand."""
        for follower in (*(follower for follower, _ in self._followers), self._tail):
            if follower is not None:
                follower.stop()
        self._cells.stop()

    def close(self) -> None:
        """Gives every file and connection back."""
        self._closing.close()

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records into the intake topics: `queued` once every in-sync copy has them. Raises WriteFailed."""
        began = time.perf_counter()
        taken = self.door.take(tenant, raws, origin=origin, backfill=backfill, traces=traces)
        self._observer.took(tenant, taken, time.perf_counter() - began)
        return taken

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        """Queues what Millrace itself has to say; the sequencer takes it in its turn. Raises WriteFailed."""
        self.door.record(tenant, data, id=id, occurred_at=occurred_at)

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def watch(self, observer: Observer, traceparent_of: Callable[[str], str | None]) -> None:
        """Tells an observer what is taken; what is folded, and in which trace, is the workers' to tell."""
        self._observer = observer

    def drain(self, timeout_seconds: float) -> bool:
        """Waits until the sinks fed here hold all that the topics hold by now. Raises what ended one."""
        drained = [follower.drain(timeout_seconds) for follower, _ in self._fed()]
        return all(drained)

    def sink_healths(self) -> list[WorkerHealth]:
        return [health_of(follower, taker) for follower, taker in self._fed()]

    def sink_lags(self) -> list[tuple[str, int]]:
        return [(taker.name, follower.behind()) for follower, taker in self._fed() if follower.failure is None]

    def backlog(self) -> int:
        """None that this process is to fold."""
        return 0

    def withheld(self) -> int:
        """Texts are redacted by the sequencer, which counts them."""
        return 0

    def untold(self) -> int:
        """Meanings are told by the sequencer, which logs what it cannot tell."""
        return 0

    def trouble(self) -> BaseException | None:
        return next((follower.failure for follower, _ in self._followers if follower.failure is not None), None)

    def tidy(self) -> None:
        """Nothing: topics keep what they keep."""

    def _follow_tables(self) -> None:
        # A folder that another process has open is an error; a server that another process fills is not.
        tables = self.clickhouse
        if not self.settings.clickhouse.dsn or self._is_mine("clickhouse"):
            self._followers.append(follow_tables(self.address, self.home, self.settings, tables, self._told))

    def _follow_search(self) -> None:
        index = self.search_index
        if not self.settings.search.dsn or self._is_mine("qdrant"):
            sink = SearchSink(index, self.home.kafka_search_position)
            self._closing.callback(sink.close)
            self._followers.append(follow_search(self.address, self.home, index, sink, self._told))

    def _follow_alerts(self) -> None:
        if self._is_mine("webhooks"):
            self.webhooks.start()
            self._followers.append(follow_alerts(self.address, self.home, self.webhooks, self.clock, self._told))

    def _is_mine(self, name: SinkName) -> bool:
        try:
            self._closing.enter_context(sink_locked(self.home, name))
        except HomeLocked:
            return False
        return True

    def _fed(self) -> list[tuple[Follower, SinkTaker]]:
        return [*self._followers, *self._cells.fed()]

    def _told(self) -> None:
        # Who says something folds: there may be cells to be copied by now.
        self._cells.look_after()
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def health_of(follower: Follower, taker: SinkTaker) -> WorkerHealth:
    """How a sink fares that is fed from topics; its position is how many records it took since the start."""
    said = follower.health()
    counts = (said.taken, said.batches, said.taken, taker.refused)
    return WorkerHealth(said.name, said.alive, *counts, said.failures, said.error)
