"""Second step of the job: chunks of a tenant's records, folded and saved under the tenant's key in one callback.

Flink takes a checkpoint between callbacks only, so cells, timers, open index and header are saved whole or not at all;
what is said goes to the sink before that checkpoint is complete, and may come again after a restart, byte-identical.
"""

from __future__ import annotations

import builtins
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from pyflink.common import Row
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from processors.learners.compiled import compile_all
from schemas.decode import decode, encode
from schemas.event import Event
from streams.cells import looked_up
from streams.collector import look_for_cycles_seldom
from streams.engine import Engine
from streams.failures import FoldBroken, JournalGap
from streams.kafka.said import Wait, encode_alert, encode_letter, encode_said, encode_wait
from streams.kafka.saved_hash import HashedWait
from streams.partition import partition_of
from streams.partition_fold import Outcome, PartitionFold
from streams.runtimes.flink.gather import END_OF_INPUT, decode_chunk
from streams.runtimes.flink.settings import ALERTS, CELLS, FACTS, LETTERS, RESULT, SYSTEM, WAITS, JobSettings, Result
from streams.runtimes.flink.state import KeyedFoldStore, bytes_list
from streams.state_hash import tenant_hash
from streams.table_store import looked_up_rows

# So many values of one topic cross into Java at once.
_VALUES_AT_ONCE: Final = 1_000
# In threads gathering and folding share one interpreter, and pass it on when they wait for Java. To take it away from
# the fold between two records of the other costs both a third of their time.
_SWITCH_SECONDS: Final = 0.1

_log = logging.getLogger("millrace.flink")


def _compile_loops() -> None:
    """Compiles the learners' loops: numba looks for the interpreter's own `print`, and Flink's worker replaces it."""
    replaced = builtins.print
    builtins.print = getattr(getattr(replaced, "__self__", None), "_print", replaced)
    try:
        compile_all()
    finally:
        builtins.print = replaced


class StepsFailed(FoldBroken):
    """A bounded fold met steps that fail and that the journal does not say are left out."""


class Fold(KeyedProcessFunction):  # type: ignore[misc]  # published without types
    """Takes chunks of the tenant that is the key; gives (topic, tenant, values)."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings

    def open(self, runtime_context: RuntimeContext) -> None:
        """Opens the state and an engine over it."""
        look_for_cycles_seldom()
        sys.setswitchinterval(_SWITCH_SECONDS)
        settings = self._settings
        self._catalog = settings.processors()
        _compile_loops()
        self._looked_up = looked_up(self._catalog)
        self._store = KeyedFoldStore(runtime_context, settings.mode, self._catalog)
        self._held = bytes_list(runtime_context, "held", settings.mode)
        self._engine = Engine(self._catalog, self._store)
        self._folds: dict[int, PartitionFold] = {}
        self._taken: dict[str, int] = {}
        self._failures: dict[str, list[str]] = {}
        self._refusals: dict[str, list[Event]] = {}
        for raw in settings.refusals:
            refusal = decode(raw)
            self._refusals.setdefault(refusal.tenant, []).append(refusal)

    def process_element(self, value: bytes, ctx: Any) -> Iterator[Row]:
        """One chunk."""
        tenant: str = ctx.get_current_key()
        fold = self._fold_of(tenant)
        values = decode_chunk(value)
        if tenant not in self._taken:
            # First seen by this process: records that were held back when it began come before what is new.
            ctx.timer_service().register_event_time_timer(END_OF_INPUT)
            values = [*self._held.get(), *values]
            self._held.clear()
            for refusal in self._refusals.get(tenant, ()):
                fold.collect(refusal)
            self._taken[tenant] = self._engine.position(tenant)
        yield from self._take(tenant, fold, self._next(tenant, values))

    def on_timer(self, timestamp: int, ctx: Any) -> Iterator[Row]:
        """No more input comes: everything is folded, and the state may be looked at."""
        tenant: str = ctx.get_current_key()
        hashed = tenant_hash(self._store, tenant, self._catalog)
        header = self._engine.fold_of(tenant).header
        if self._settings.bounded:
            result = Result(tenant, header.position, hashed, self._failures.get(tenant, []))
            yield Row(RESULT, tenant.encode(), [msgspec.json.encode(result)])
        else:
            held = any(True for _ in self._held.get())
            wait = HashedWait(self._engine.next_due(tenant), header.position, header.clock, hashed, held)
            yield Row(WAITS, tenant.encode(), [encode_wait(wait)])

    def _fold_of(self, tenant: str) -> PartitionFold:
        partition = partition_of(tenant, self._settings.partitions)
        fold = self._folds.get(partition)
        if fold is None:
            fold = PartitionFold(partition, self._engine, bounded=self._settings.bounded)
            self._folds[partition] = fold
        return fold

    def _next(self, tenant: str, values: Sequence[bytes]) -> list[Event]:
        """The records that continue the tenant's; one that came before is a producer's retry."""
        last, found = self._taken[tenant], []
        for value in values:
            event = decode(value)
            if event.position > last + 1:
                raise JournalGap(tenant, last + 1, event.position)
            if event.position == last + 1:
                last += 1
                found.append(event)
        self._taken[tenant] = last
        return found

    def _take(self, tenant: str, fold: PartitionFold, records: list[Event]) -> Iterator[Row]:
        if not records:
            return
        outcome = fold.take(records)
        if outcome.rewind:
            # More was held back than the fold keeps in memory: all of it lies in the state.
            records = [*map(decode, self._held.get()), *records]
            self._held.clear()
            outcome = fold.take(records)
        if outcome.stopped is not None:
            raise outcome.stopped
        self._note_failures(tenant, outcome)
        self._keep_held(fold.held_back.get(tenant), records, is_released=bool(outcome.released))
        yield from self._said(tenant, outcome)
        self._store.save(outcome.batches)
        self._engine.rest()

    def _keep_held(self, position: int | None, records: Sequence[Event], *, is_released: bool) -> None:
        """Keeps what is held back, from a position on, in the state: a restart reads nothing of it again."""
        if is_released:
            # One that is held back again at once keeps what it had beyond that.
            records = [*map(decode, self._held.get()), *records]
            self._held.clear()
        if position is not None:
            for record in records:
                if record.position >= position:
                    self._held.add(encode(record))

    def _said(self, tenant: str, outcome: Outcome) -> Iterator[Row]:
        settings, key = self._settings, tenant.encode()
        generation = settings.generation
        if generation is not None:
            facts = (encode_said(said, generation) for batch in outcome.batches for said in batch.said)
            yield from _rows(FACTS, key, facts)
        if settings.bounded:
            return
        alerts = (encode_alert(alert) for batch in outcome.batches for alert in batch.alerts)
        yield from _rows(ALERTS, key, alerts)
        letters = (encode_letter(letter, sealed=False) for letter, _ in outcome.refusals)
        yield from _rows(LETTERS, key, letters)
        yield from _rows(SYSTEM, key, (encode(event) for _, event in outcome.refusals))
        yield from _rows(WAITS, key, (encode_wait(Wait(*wait[1:])) for wait in outcome.waits))
        for batch in outcome.batches:
            for row, value in looked_up_rows(batch, self._looked_up):
                yield Row(CELLS, row, [value])

    def _note_failures(self, tenant: str, outcome: Outcome) -> None:
        for failure in outcome.failures:
            if not self._settings.accept_refusals:
                raise StepsFailed(f"{failure}, and the journal does not say that it is left out: correct the processor")
            _log.warning("left out: %s", failure)
            self._failures.setdefault(tenant, []).append(str(failure))


def _rows(topic: str, key: bytes, values: Iterable[bytes]) -> Iterator[Row]:
    waiting = iter(values)
    while together := list(islice(waiting, _VALUES_AT_ONCE)):
        yield Row(topic, key, together)
