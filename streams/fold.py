"""One tenant's fold: the order in which one record's steps happen, and what becomes of their outputs.

A record's steps: due timers (by due, cell, name), then processors in catalog order, then emitted events first in
first out. Processors that provide context are stepped last of all, so every other step sees the context as it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from processors.contract import Alert, Cancel, Close, Emit, Open, Output, Processor, Retract, Timer
from schemas.decode import decode_stepped
from schemas.emitted import TimerFired
from schemas.event import Data, Event, made, unchecked
from schemas.fact import Fact
from schemas.system import ABOUT_THE_JOURNAL, BackfillEnded, BackfillStarted, RecordRedriven
from streams.batch import Batch, CellId, Header
from streams.cells import Cells
from streams.failures import FoldBroken, JournalGap, LeftOut, StepFailed
from streams.open_index import OpenIndex
from streams.sayings import Sayings
from streams.timers import TimerQueue

S = TypeVar("S")

_UNUSUAL = frozenset(ABOUT_THE_JOURNAL)
# A record that sets off more steps than this is a loop between processors, not an answer.
MOST_STEPS = 1_000_000


class TenantFold:
    """Folds the records of one tenant. After an exception the instance is spent: load a new one from the store."""

    def __init__(
        self,
        tenant: str,
        catalog: Sequence[Processor[Any]],
        header: Header,
        cells: Cells,
        timers: TimerQueue,
        open_cells: OpenIndex,
        left_out: dict[int, list[LeftOut]],
    ) -> None:
        self.tenant = tenant
        self.header = header
        self.cells = cells
        self.timers = timers
        self.left_out = left_out
        self._open_cells = open_cells
        self._by_name = {processor.name: processor for processor in catalog}
        self._consumers: dict[type[Data], list[Processor[Any]]] = {}
        for processor in catalog:
            for data in processor.consumes:
                self._consumers.setdefault(data, []).append(processor)
        # What a step may look at (processors.contract.Context).
        self.clock = header.clock
        self.position = header.position
        self._after = header.position
        self._steps = 0
        self._emitted: deque[Event] = deque()
        self._deferred: list[tuple[Processor[Any], Event, CellId | None]] = []
        self._sayings = Sayings(tenant, cells)
        if header.backfill is not None:
            timers.hold(header.backfill_clock)

    @property
    def backfilling(self) -> bool:
        return self.header.backfill is not None

    def read(self, processor: Processor[S], key: str) -> S | None:
        """The cell of a processor that provides context, as it was before the record."""
        state: S | None = self.cells.peek(processor, key)
        return state

    def fold(self, record: Event) -> None:
        """Steps one record. Raises StepFailed when a step raises, JournalGap when it is not the next one."""
        header = self.header
        if record.position != header.position + 1:
            raise JournalGap(self.tenant, header.position + 1, record.position)
        self.position, self._steps = record.position, 0
        self._sayings.begin(record.position)
        clock = max(header.clock, record.told_at)
        if type(record.data) in _UNUSUAL:
            self._fold_unusual(record, clock)
        else:
            header.clock_mode = header.clock_mode or "live"
            if self.timers.may_be_due(clock):
                self._fire_timers(clock, record)
            self.clock = clock
            self._step_all(record)
        while self._emitted:
            self._step_all(self._emitted.popleft())
            self.cells.put_by()
        if self._deferred:
            self._step_deferred()
        header.position, header.clock = record.position, self.clock

    def take_batch(self) -> Batch:
        """Everything that changed since the last call, to be saved whole."""
        batch = Batch(
            self.tenant,
            self._after,
            replace(self.header),
            self.cells.take_touched(),
            self.timers.take_changes(),
            self._open_cells.take_changes(),
            *self._sayings.take(),
        )
        self._after = self.header.position
        return batch

    def _fold_unusual(self, record: Event, clock: int) -> None:
        """Steps what says nothing of customers. Administration moves no clock; what is held back fires first."""
        header = self.header
        match record.data:
            case BackfillStarted(name=name, clock=mode):
                self._fire_timers(clock, record)
                header.clock_mode = header.clock_mode or mode
                header.backfill, header.backfill_clock = name, clock
                self.timers.hold(clock)
            case BackfillEnded():
                header.backfill, header.backfill_clock = None, 0
                self.timers.release()
                self._fire_timers(clock, record)
            case _:
                clock = header.clock
        self.clock = clock
        if isinstance(record.data, RecordRedriven):
            self._step_redriven(record, record.data)
        else:
            self._step_all(record)

    def _fire_timers(self, clock: int, record: Event) -> None:
        """Fires what is due. A timer set meanwhile fires in this record only if it is due later than its setter."""
        while (due := self.timers.pop(clock)) is not None:
            self.clock = max(self.header.clock, due.due)
            processor = self._by_name.get(due.cell.processor)
            if processor is None:
                continue
            fired = made(
                unchecked(TimerFired, name=due.name),
                id=record.id,
                tenant=self.tenant,
                account=None,
                occurred_at=due.due,
                recorded_at=record.recorded_at,
            )
            if processor.provides_context:
                self._deferred.append((processor, fired, due.cell))
            else:
                self._step(processor, due.cell, fired)
                self.cells.put_by()
        self.timers.settle()

    def _step_all(self, event: Event) -> None:
        for processor in self._consumers.get(type(event.data), ()):
            if processor.provides_context:
                self._deferred.append((processor, event, None))
            else:
                self._step_consumer(processor, event)

    def _step_consumer(self, processor: Processor[Any], event: Event) -> None:
        try:
            key = processor.key(event)
        except Exception as error:
            if self._is_left_out(processor, "", event):
                return
            raise self._failed(processor, "", event, error) from error
        if key is None:
            return
        if isinstance(key, str):
            self._step(processor, CellId(processor.name, key), event)
            return
        account = event.account if key.of == "account" else None
        if key.of == "tenant" or account is not None:
            for each in self._open_cells.keys(processor.name, account):
                self._step(processor, CellId(processor.name, each), event)

    def _step_deferred(self) -> None:
        deferred, self._deferred = self._deferred, []
        for processor, event, cell in deferred:
            if cell is None:
                self._step_consumer(processor, event)
            else:
                self._step(processor, cell, event)

    def _step_redriven(self, record: Event, redriven: RecordRedriven) -> None:
        processor = self._by_name.get(redriven.processor)
        if processor is None:
            return
        try:
            event = decode_stepped(redriven.event.encode())
        except Exception as error:
            if self._is_left_out(processor, redriven.key, record):
                return
            raise self._failed(processor, redriven.key, record, error) from error
        cell = CellId(processor.name, redriven.key) if redriven.key else None
        if processor.provides_context:
            self._deferred.append((processor, event, cell))
        elif cell is not None:
            self._step(processor, cell, event)
        else:
            self._step_consumer(processor, event)

    def _step(self, processor: Processor[Any], cell: CellId, event: Event) -> None:
        if self.position in self.left_out and self._is_left_out(processor, cell.key, event):
            return
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise FoldBroken(f"the record at position {self.position} of tenant {self.tenant} sets off endless steps")
        state = self.cells.touch(processor, cell)
        try:
            outputs = processor.step(state, event, self)
            for output in outputs:
                self._apply(processor, cell, event, output)
        except FoldBroken:
            raise
        except Exception as error:
            raise self._failed(processor, cell.key, event, error) from error

    def _is_left_out(self, processor: Processor[Any], key: str, event: Event) -> bool:
        step = LeftOut(processor.name, processor.version, key, _stepped(event))
        return step in self.left_out.get(self.position, ())

    def _failed(self, processor: Processor[Any], key: str, event: Event, error: Exception) -> StepFailed:
        step = LeftOut(processor.name, processor.version, key, _stepped(event))
        return StepFailed(self.tenant, self.position, step, f"{type(error).__name__}", event)

    def _apply(self, processor: Processor[Any], cell: CellId, event: Event, output: Output) -> None:
        if isinstance(output, Fact):
            self._sayings.say(output, self.clock)
            return
        match output:
            case Timer(name=name, due=due):
                self.timers.put(cell, name, due)
            case Emit(data=data, account=account):
                self._emit(processor, event, data, account)
            case Cancel(name=name):
                self.timers.cancel(cell, name)
            case Retract(fact=fact, identity=identity):
                self._sayings.retract(fact, identity, self.clock)
            case Alert():
                self._sayings.raise_alert(output, self)
            case Open(account=owner):
                self._open_cells.open(cell, owner)
            case Close():
                self._open_cells.close(cell)
            case _:
                raise TypeError(f"{processor.name} gave {type(output).__name__}, which is no output")

    def _emit(self, processor: Processor[Any], event: Event, data: Data, account: str | None) -> None:
        if processor.provides_context:
            raise TypeError(f"{processor.name} provides context and may not emit")
        emitted = made(
            data,
            id=event.id,
            tenant=self.tenant,
            account=account if account is not None else event.account,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
        )
        # What follows from history is history.
        self._emitted.append(emitted.stamped(backfill=True) if event.backfill else emitted)


def _stepped(event: Event) -> str:
    data = event.data
    return f"timer {data.name}" if isinstance(data, TimerFired) else event.type
