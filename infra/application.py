"""Where the concrete parts meet: one home folder's runtime with its sinks."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self

import structlog
from msgspec.structs import replace

from infra.alert_feed import AlertFeed
from infra.embedding import meanings_of
from infra.engine_process import EngineProcess
from infra.engines import open_clickhouse_process, open_search_index, open_webhooks
from infra.home import Home
from infra.log_address import log_of, sqlite_file
from infra.records import EmbeddedChanges, EmbeddedRecords
from infra.search_facts import DocumentFeed, SearchFacts
from infra.settings import Settings, read_settings
from processors.catalog import PROCESSORS
from schemas.event import Data
from schemas.facts import DOCUMENT_KINDS
from sinks.clickhouse.process import ClickHouseProcess, PackedFeed
from sinks.qdrant.sink import SearchSink
from sinks.unwritable import UnwritableStatement
from sinks.worker import SinkWorker, WorkerHealth
from streams.collector import look_for_cycles_seldom
from streams.embedded import Clock, Embedded, machine_clock
from streams.language import load_model
from streams.observer import Observer
from streams.sequencer import Taken
from streams.sqlite_store import SqliteFoldStore

DRAIN_SECONDS = 600.0

_SEARCH_ONLY = tuple(kind.kind for kind in DOCUMENT_KINDS)
_log = structlog.get_logger(__name__)


class Application:
    """The embedded `Service`: everything behind one home folder, opened under its lock. `start` starts the threads.

    Without `start` nothing moves by itself: `runtime.fold_all` and `drain` do one round for a command that ends.
    """

    def __init__(
        self, home: Home, settings: Settings, *, clock: Clock = machine_clock, ended_at: int | None = None
    ) -> None:
        """A journal that `ended_at` an instant takes nothing more, and the clock stands there."""
        self.home = home
        self.settings = settings
        self.clock = clock if ended_at is None else lambda: ended_at
        self._ended_at = ended_at
        self._closing = ExitStack()
        look_for_cycles_seldom()
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise
        self._stop_fold = threading.Event()
        self._fold_thread: threading.Thread | None = None
        self.fold_failure: BaseException | None = None

    @classmethod
    def open(cls, home: Home, *, clock: Clock = machine_clock) -> Self:
        """Opens a home folder. Raises HomeError, HomeLocked, or what a part says when it cannot open."""
        home.require()
        return cls(home, read_settings(home.settings), clock=clock, ended_at=home.stands_at())

    def _open(self) -> None:
        home, settings, closing = self.home, self.settings, self._closing
        closing.enter_context(home.locked())
        # The tables take longest to open: whoever asks one thing waits for that, so the rest opens meanwhile.
        with ThreadPoolExecutor(1, "open-tables") as beside:
            tables = beside.submit(open_clickhouse_process, home, settings)
            closing.callback(_close_opened, tables)
            self._open_runtime()
            self._open_search()
            closing.callback(self._close_search)
            self.clickhouse = tables.result()
        self.records = EmbeddedRecords(self.runtime)
        self.changes = EmbeddedChanges(self.runtime)
        self.webhooks = open_webhooks(home, settings, self.clock)
        closing.callback(self.webhooks.close)
        self._wakes = [threading.Event(), threading.Event()]
        self._listeners: list[Callable[[], None]] = []
        self.workers = [
            SinkWorker(
                PackedFeed(self.clickhouse, self.runtime.store.packed, self._refused, _SEARCH_ONLY), self._wakes[0]
            ),
            self._search_worker(),
        ]
        self.alert_feed = AlertFeed(self.runtime.database, self.runtime.store, self.webhooks, self.clock)
        self.runtime.on_saved = self._saved

    def start(self, *, fold: bool = True) -> None:
        """Starts the sinks and, unless told otherwise, the fold."""
        for worker in self.workers:
            worker.start()
        self.webhooks.start()
        self.alert_feed.start()
        if fold:
            self._fold_thread = threading.Thread(target=self._follow, name="fold", daemon=True)
            self._fold_thread.start()
            threading.Thread(target=load_model, name="language", daemon=True).start()

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records at the door; durable at return."""
        return self.runtime.take(tenant, raws, origin=origin, backfill=backfill, traces=traces)

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        """Writes what Millrace itself has to say into the journal."""
        self.runtime.record(tenant, data, id=id, occurred_at=occurred_at)

    def watch(self, observer: Observer, traceparent_of: Callable[[str], str | None]) -> None:
        """Tells an observer what the runtime does; `traceparent_of` names an alert's trace."""
        self.runtime.observer = observer
        self.alert_feed.traceparent_of = traceparent_of

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls a listener, from whatever thread, each time something was saved. It must be quick."""
        self._listeners.append(listener)

    def drain(self, timeout_seconds: float = DRAIN_SECONDS) -> bool:
        """Waits until what is folded by now stands in every sink."""
        until = time.monotonic() + timeout_seconds
        left: Callable[[], float] = lambda: max(0.1, until - time.monotonic())  # noqa: E731
        drained = all(worker.drain(left()) for worker in self.workers) and self.alert_feed.drain(left())
        self.search.drain(left())
        if drained:
            self.tidy()
        return drained

    def wait_for_backlog(self, most: int) -> None:
        """Waits until the fold is at most so many records behind. Raises what stopped the fold."""
        while self.runtime.backlog() > most:
            self._require_fold()
            time.sleep(0.01)

    def wait_until_idle(self, progress: Callable[[int, int], None]) -> None:
        """Waits until nothing waits to be folded and no timer is due, and every sink has it all."""
        total = self.runtime.backlog()
        while (left := self.runtime.backlog()) or self._is_due():
            self._require_fold()
            progress(total - left, total)
            time.sleep(0.02)
        self.drain()
        self.runtime.breakers.require_none_open()

    def _is_due(self) -> bool:
        due = self.runtime.next_due()
        return due is not None and due <= self.clock()

    def _require_fold(self) -> None:
        if self.fold_failure is not None:
            raise self.fold_failure

    def backlog(self) -> int:
        """How many records wait to be folded."""
        return self.runtime.backlog()

    def withheld(self) -> int:
        """Texts whose redaction failed since the start."""
        return self.runtime.privacy.withheld

    def untold(self) -> int:
        """Texts whose meaning could not be told since the start."""
        meanings = self.runtime.privacy.meanings
        return 0 if meanings is None else meanings.untold

    def sink_healths(self) -> list[WorkerHealth]:
        """How the sinks' threads are doing."""
        return [worker.health() for worker in self.workers]

    def sink_lags(self) -> list[tuple[str, int]]:
        """(sink, statements it does not hold yet)."""
        end = self.runtime.store.outbox_end()
        positions = (("clickhouse", self.clickhouse.position()), ("qdrant", self.search.position()))
        return [(name, max(0, end - max(0, position))) for name, position in positions]

    def trouble(self) -> BaseException | None:
        """What stopped the fold, or a partition of it; None when all of it goes on."""
        return self.fold_failure or next(iter(tuple(self.runtime.breakers.stopped.values())), None)

    def tidy(self) -> None:
        """Forgets statements that every sink has."""
        self.runtime.store.trim_outbox(min(self.clickhouse.position(), self.search.position()))

    def reset_search(self, rebuilt: SqliteFoldStore) -> None:
        """Empties the search index and fills it with the documents of a rebuilt store."""
        self.search.drain(DRAIN_SECONDS)
        self.workers[1].stop()
        self.search.close()
        self.search_index.close()
        shutil.rmtree(self.home.search, ignore_errors=True)
        self._open_search()
        facts, token = SearchFacts(self.search), 0
        while statements := rebuilt.statements(token, 2_000):
            facts.write([replace(statement, token=0) for statement in statements])
            token = statements[-1].token
        self.search.drain(DRAIN_SECONDS)
        self.workers[1] = self._search_worker()
        self.workers[1].start()

    def stop(self) -> None:
        """Stops the fold and the sinks; what is under way is finished or left for the next start."""
        self._stop_fold.set()
        if self._fold_thread is not None:
            self._fold_thread.join(30)
        self.alert_feed.stop()
        self.webhooks.stop()
        for worker in self.workers:
            worker.stop()

    def close(self) -> None:
        """Gives every file back."""
        self._closing.close()

    def _open_runtime(self) -> None:
        self.runtime = Embedded(
            self.home.root,
            PROCESSORS,
            clock=self.clock,
            partitions=self.settings.log.partitions,
            journal=sqlite_file(log_of(self.home, self.settings)),
            engine=EngineProcess,
            ended_at=self._ended_at,
        )
        self.runtime.privacy.meanings = meanings_of(self.settings)
        self._closing.callback(self.runtime.close)

    def _open_search(self) -> None:
        self.search_index = open_search_index(self.home, self.settings)
        self.search = SearchSink(self.search_index, self.home.search_position)

    def _close_search(self) -> None:
        self.search.close()
        self.search_index.close()

    def _search_worker(self) -> SinkWorker:
        return SinkWorker(DocumentFeed(self.search, self.runtime.store.packed), self._wakes[1])

    def _follow(self) -> None:
        try:
            self.runtime.follow(self._stop_fold)
        except BaseException as error:  # noqa: BLE001 - kept for /healthz; the journal goes on taking records
            self.fold_failure = error
            _log.error("fold_stopped", error=str(error))

    def _saved(self) -> None:
        for wake in self._wakes:
            wake.set()
        self.alert_feed.wake.set()
        for listener in self._listeners:
            listener()

    def _refused(self, error: UnwritableStatement) -> None:
        _log.error("statements_unwritable", tokens=error.tokens[:10], error=str(error))


def _close_opened(tables: Future[ClickHouseProcess]) -> None:
    if tables.exception() is None:
        tables.result().close()
