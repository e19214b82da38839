"""The embedded runtime: one process, one database file, the door and the fold beside each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from processors.contract import Processor
from schemas.event import Data, Event
from schemas.system import RecordRefused, Tick
from streams.batch import AnyBatch
from streams.breaker import BreakerOpen, Breakers
from streams.database import Database
from streams.engine import Engine, FoldingEngine
from streams.failpoint import failpoint
from streams.failures import LeftOut, StepFailed
from streams.log import Letter
from streams.news import BATCH_RECORDS, LIVE_BATCH_RECORDS, News
from streams.observer import Observer, Unobserved
from streams.partition import DEFAULT_PARTITIONS
from streams.privacy import Privacy
from streams.sequencer import Sequencer, Taken
from streams.sqlite_log import SqliteLog
from streams.sqlite_store import SqliteFoldStore
from streams.subject_keys import SubjectKeys

# So often in a row the next batch is folded while the last is saved; then the engine may let go of what it holds.
_MOST_AHEAD = 8
_LATEST_NAP_SECONDS = 0.2
# What comes while nothing else does is folded at once; of a stream, this much at a time.
_FOLD_EVERY_SECONDS = 0.1

Clock = Callable[[], int]


def machine_clock() -> int:
    """Microseconds since the epoch by the machine's clock: used at the door only, never in a fold."""
    return time.time_ns() // 1_000


class Embedded:
    """Log, key store, sequencer, engine and fold store over one home folder.

    `take` may be called from any thread, `fold` from one. Records just committed are handed on as they are; what was
    missed is read from the log. A partition whose breaker opens folds no more until the next start; others go on.
    """

    def __init__(
        self,
        home: Path,
        catalog: Sequence[Processor[Any]],
        *,
        clock: Clock = machine_clock,
        partitions: int = DEFAULT_PARTITIONS,
        journal: Path | None = None,
        engine: Callable[[SqliteFoldStore], FoldingEngine] | None = None,
        ended_at: int | None = None,
    ) -> None:
        """`journal`, `engine`: if not the folder's and this process. What `ended_at` an instant takes nothing more."""
        self.catalog = catalog
        self.clock = clock
        self.database = Database(journal or home / "millrace.db")
        self.log = SqliteLog(self.database, partitions, ended_at=ended_at)
        self.store = SqliteFoldStore(self.database)
        self.privacy = Privacy(SubjectKeys.open(home))
        self.sequencer = Sequencer(self.log, self.privacy, self._appended)
        self.engine: FoldingEngine = Engine(catalog, self.store) if engine is None else engine(self.store)
        self.on_saved: Callable[[], None] = lambda: None
        self.observer: Observer = Unobserved()
        self._news = News()
        self._ahead: list[Event] = []
        self._batches_ahead = 0
        self._folding = threading.RLock()
        self.breakers = Breakers(self.log.partitions)
        self._tenants: dict[str, None] = {}
        for tenant in self.log.tenants():
            self._greet(tenant)
        for tenant in self.log.letter_tenants():
            self._say_letters(tenant, self.log.letters(tenant))

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records at the door; durable at return, folded soon after."""
        began = time.perf_counter()
        taken = self.sequencer.take(tenant, raws, self.clock(), origin=origin, backfill=backfill, traces=traces)
        self.observer.took(tenant, taken, time.perf_counter() - began)
        letters = [one.letter for one in taken if one.letter is not None]
        self._say_letters(tenant, [letter for id_ in letters if (letter := self.log.letter(tenant, id_))])
        return taken

    def refuse_inputs(self, tenant: str, inputs: Sequence[tuple[bytes, str]], *, origin: str) -> None:
        """Keeps (bytes, what is wrong) of input that no event could be made of as dead letters."""
        self._say_letters(tenant, self.sequencer.refuse_inputs(tenant, inputs, self.clock(), origin=origin))

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> Event | None:
        """Writes what Millrace itself has to say into the journal."""
        return self.sequencer.record(tenant, data, self.clock(), id=id, occurred_at=occurred_at)

    def redriven(self, tenant: str, letter: str) -> None:
        """Marks a dead letter as sent again."""
        self.log.mark_redriven(tenant, letter, self.clock())
        kept = self.log.letter(tenant, letter)
        if kept is not None:
            self._say_letters(tenant, [kept])

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keeps the fold still meanwhile; the door goes on taking records."""
        with self._folding:
            if self._ahead:
                self._begin_anew()
            yield

    def fold(self, limit: int = BATCH_RECORDS) -> int:
        """Folds up to `limit` records that wait and saves the outcome; how many there were."""
        with self._folding:
            try:
                return self._fold(limit)
            except BaseException:
                self._begin_anew()
                raise

    def _begin_anew(self) -> None:
        """What was taken out of the queue is read again from the log, over what is saved."""
        self._news.is_behind, self._ahead = True, []
        for tenant in self._tenants:
            self.engine.forget(tenant)

    def _fold(self, limit: int) -> int:
        began = time.perf_counter()
        records, self._ahead = self._ahead or self._next_records(limit), []
        batches: list[AnyBatch] = []
        failed: list[tuple[str, list[Event], StepFailed]] = []
        for tenant, group in _by_tenant(records).items():
            batch, failure = self.engine.push_safely(tenant, group)
            batches.append(batch)
            if failure is not None:
                failed.append((tenant, [one for one in group if one.position >= failure.position], failure))
        if batches and not failed:
            self._look_ahead(limit)
        self._save(batches, records, began)
        for tenant, rest, failure in failed:
            try:
                self._refuse(tenant, rest, failure)
            except BreakerOpen as stop:
                self.breakers.stop(tenant, stop)
                self.observer.stopped(self.breakers.partition(tenant), str(stop))
        self.engine.rest()
        return len(records)

    def _look_ahead(self, limit: int) -> None:
        """Has the next batch folded while this one is saved, where a whole one waits."""
        self._batches_ahead = (self._batches_ahead + 1) % _MOST_AHEAD
        if self._batches_ahead and self._news.has(limit):
            self._ahead = self._next_records(limit)
            if len({record.tenant for record in self._ahead}) == 1:
                self.engine.foresee(self._ahead[0].tenant, self._ahead)

    def fold_all(self, progress: Callable[[int], None] | None = None) -> int:
        """Folds until nothing waits, ticks included; how many records there were.

        Raises BreakerOpen when a partition is stopped, after everything else is folded.
        """
        total = 0
        while True:
            folded = self.fold()
            total += folded
            if progress is not None and folded:
                progress(folded)
            if not folded and not self.tick():
                self.breakers.require_none_open()
                return total

    def tick(self) -> int:
        """Appends a tick to every tenant that a timer should wake by now; how many."""
        ticked = 0
        with self._folding:
            now = self.clock()
            for tenant in self._folding_tenants():
                due = self.engine.next_due(tenant)
                if due is not None and due <= now and self.engine.position(tenant) == self.log.end(tenant):
                    # Named by its place: two ticks of one instant are two, and one said twice is one.
                    ticked += self.record(tenant, Tick(), id=f"tick-{self.log.end(tenant) + 1}") is not None
        return ticked

    def next_due(self) -> int | None:
        """The earliest instant at which any tenant should be woken."""
        with self._folding:
            dues = (self.engine.next_due(tenant) for tenant in self._folding_tenants())
            return min((due for due in dues if due is not None), default=None)

    def follow(self, stop: threading.Event) -> None:
        """Folds what comes and ticks what is due until told to stop."""
        self.engine.start()
        while not stop.is_set():
            began = time.monotonic()
            if self.fold(self._news.batch_records()) or self.tick():
                self._news.gather(LIVE_BATCH_RECORDS, began + _FOLD_EVERY_SECONDS, stop)
            else:
                due = self.next_due()
                nap = _LATEST_NAP_SECONDS if due is None else min(_LATEST_NAP_SECONDS, (due - self.clock()) / 1e6)
                self._news.gather(1, time.monotonic() + max(0.001, nap), stop)

    def backlog(self) -> int:
        """How many records wait to be folded; from any thread, for it asks what is saved and not the engine.

        Those of a stopped partition wait for a repair, and are not counted.
        """
        waiting = (tenant for tenant in self.log.tenants() if not self.breakers.has_stopped(tenant))
        return sum(self.log.end(tenant) - _saved_position(self.store, tenant) for tenant in waiting)

    def close(self) -> None:
        self.engine.close()
        self.privacy.close()
        self.log.close()

    def _appended(self, events: Sequence[Event]) -> None:
        failpoint("appended")
        self._news.put(events)

    def _greet(self, tenant: str) -> None:
        """A tenant is met: its refusals are collected before anything of it is folded."""
        self._tenants[tenant] = None
        for event in self.log.refusals(tenant):
            if isinstance(said := event.data, RecordRefused):
                step = LeftOut(said.processor, said.processor_version, said.key, said.stepped)
                self.engine.leave_out(tenant, said.refused_position, step)

    def _next_records(self, limit: int) -> list[Event]:
        if self._news.is_behind:
            for tenant in self.log.tenants():
                missed = [] if self.breakers.has_stopped(tenant) else self._missed(tenant, limit)
                if missed:
                    return missed
            self._news.is_behind = False
        while True:
            records = self._news.take(limit)
            for tenant in {record.tenant: None for record in records}:
                if tenant not in self._tenants:
                    self._greet(tenant)
            fresh = [record for record in records if self._is_next(record)]
            if fresh or not records:
                return fresh

    def _is_next(self, record: Event) -> bool:
        return record.position > self.engine.position(record.tenant) and not self.breakers.has_stopped(record.tenant)

    def _missed(self, tenant: str, limit: int) -> list[Event]:
        if tenant not in self._tenants:
            self._greet(tenant)
        position = self.engine.position(tenant)
        return self.log.read(tenant, position, limit) if position < self.log.end(tenant) else []

    def _save(self, batches: Sequence[AnyBatch], records: Sequence[Event], began: float, failed: int = 0) -> None:
        sound = [batch for batch in batches if batch.header.position > batch.after]
        if not sound:
            return
        self.observer.saving(records, sound)
        self.store.save(sound)
        failpoint("folded")
        self.observer.folded(records, sound, time.perf_counter() - began)
        for batch in sound:
            self.breakers.of(batch.tenant).passed(batch.header.position - batch.after - failed)
        self.on_saved()

    def _refuse(self, tenant: str, rest: Sequence[Event], failure: StepFailed) -> None:
        """Leaves the failing step out once that stands in the journal, then folds on, one failure after another."""
        trouble: StepFailed | None = failure
        while trouble is not None:
            self.breakers.of(tenant).failed(trouble.step.processor)
            record = next(one for one in rest if one.position == trouble.position)
            letter = self.sequencer.refuse(record, trouble, self.clock())
            failpoint("refused")
            self.engine.leave_out(tenant, trouble.position, trouble.step)
            self._say_letters(tenant, [letter])
            began = time.perf_counter()
            batch, again = self.engine.push_safely(tenant, rest)
            # The record whose step is left out is folded now, but it has not passed.
            self._save([batch], rest, began, failed=1)
            position = batch.header.position
            rest = [one for one in rest if one.position > position]
            trouble = again

    def _folding_tenants(self) -> list[str]:
        return [tenant for tenant in self._tenants if not self.breakers.has_stopped(tenant)]

    def _say_letters(self, tenant: str, letters: Sequence[Letter]) -> None:
        if letters:
            self.store.say_letters(tenant, letters)
            self.on_saved()


def _saved_position(store: SqliteFoldStore, tenant: str) -> int:
    header = store.header(tenant)
    return header.position if header else 0


def _by_tenant(records: Sequence[Event]) -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = {}
    for record in records:
        groups.setdefault(record.tenant, []).append(record)
    return groups
