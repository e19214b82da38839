"""One tenant's fold: the order in which one record's steps happen, and what becomes of their outputs.

A record's steps: due timers (by due, cell, name), then processors in catalog order, then emitted events first in
first out. Processors that provide context are stepped last of all, so every other step sees the context as it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from msgspec import to_builtins

from processors.contract import Alert, Cancel, Close, Emit, Open, Output, Processor, Retract, Timer
from schemas.decode import decode_stepped
from schemas.emitted import TimerFired
from schemas.event import Data, Event, made, unchecked
from schemas.fact import Fact, fact_id, identity_of
from schemas.facts import AlertRaised
from schemas.instant import format_instant
from schemas.system import BackfillEnded, BackfillStarted, RecordRedriven
from streams.batch import Batch, CellId, Header, RaisedAlert, Said
from streams.cells import Cells
from streams.failures import FoldBroken, JournalGap, LeftOut, StepFailed
from streams.open_index import OpenIndex
from streams.timers import TimerQueue

S = TypeVar("S")

# A record that sets off more steps than this is a loop between processors, not an answer.
MOST_STEPS = 1_000_000
_REVISION_BITS = 20


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
        self._index = 0
        self._steps = 0
        self._fired_at: int | None = None
        self._waiting: list[tuple[CellId, str, int]] = []
        self._emitted: deque[Event] = deque()
        self._deferred: list[tuple[Processor[Any], Event, CellId | None]] = []
        self._said: dict[tuple[str, int], Said] = {}
        self._alerts: dict[str, RaisedAlert] = {}
        self._retracted: list[tuple[str, int, int]] = []
        if header.backfill is not None:
            timers.hold(header.backfill_clock)

    @property
    def backfilling(self) -> bool:
        return self.header.backfill is not None

    def read(self, processor: Processor[S], key: str) -> S | None:
        """The cell of a processor that provides context, as it was before the record."""
        state: S | None = self.cells.read(processor, CellId(processor.name, key))
        return state

    def fold(self, record: Event) -> None:
        """Steps one record. Raises StepFailed when a step raises, JournalGap when it is not the next one."""
        header = self.header
        if record.position != header.position + 1:
            raise JournalGap(self.tenant, header.position + 1, record.position)
        self.position = record.position
        self._index = self._steps = 0
        clock = max(header.clock, record.told_at)
        if isinstance(record.data, BackfillStarted):
            self._fire_timers(clock, record)
            self._begin(record, clock)
        else:
            self._begin(record, clock)
            self._fire_timers(clock, record)
        self.clock = clock
        if isinstance(record.data, RecordRedriven):
            self._step_redriven(record, record.data)
        else:
            self._step_all(record)
        while self._emitted:
            self._step_all(self._emitted.popleft())
        if self._deferred:
            self._step_deferred()
        header.position = record.position
        header.clock = clock

    def take_batch(self) -> Batch:
        """Everything that changed since the last call, to be saved whole."""
        header = self.header
        batch = Batch(
            self.tenant,
            self._after,
            Header(header.position, header.clock, header.clock_mode, header.backfill, header.backfill_clock),
            self.cells.take_touched(),
            self.timers.take_changes(),
            self._open_cells.take_changes(),
            list(self._said.values()),
            list(self._alerts.values()),
            self._retracted,
        )
        self._after = header.position
        self._said = {}
        self._alerts = {}
        self._retracted = []
        return batch

    def _begin(self, record: Event, clock: int) -> None:
        header = self.header
        match record.data:
            case BackfillStarted(name=name, clock=mode):
                header.clock_mode = header.clock_mode or mode
                header.backfill, header.backfill_clock = name, clock
                self.timers.hold(clock)
            case BackfillEnded():
                header.backfill, header.backfill_clock = None, 0
                self.timers.release()
            case _:
                header.clock_mode = header.clock_mode or "live"

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
                self._fired_at = due.due
                self._step(processor, due.cell, fired)
        self._fired_at = None
        for cell, name, due_at in self._waiting:
            self.timers.put(cell, name, due_at)
        self._waiting.clear()

    def _set_timer(self, cell: CellId, name: str, due: int) -> None:
        """A timer set by a timer for no later than itself would fire for ever in one record: it waits."""
        if self._fired_at is not None and due <= self._fired_at:
            self.timers.cancel(cell, name)
            self._waiting.append((cell, name, due))
        else:
            self.timers.put(cell, name, due)

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
            self._say(output)
            return
        match output:
            case Timer(name=name, due=due):
                self._set_timer(cell, name, due)
            case Emit(data=data, account=account):
                self._emit(processor, event, data, account)
            case Cancel(name=name):
                self.timers.cancel(cell, name)
            case Retract(fact=fact, identity=identity):
                self._say_no_more(fact, identity)
            case Alert():
                self._raise(output)
            case Open(account=owner):
                self._open_cells.open(cell, owner)
            case Close():
                self._open_cells.close(cell)
            case _:
                raise TypeError(f"{processor.name} gave {type(output).__name__}, which is no output")

    def _emit(self, processor: Processor[Any], event: Event, data: Data, account: str | None) -> None:
        if processor.provides_context:
            raise TypeError(f"{processor.name} provides context and may not emit")
        self._emitted.append(
            made(
                data,
                id=event.id,
                tenant=self.tenant,
                account=account if account is not None else event.account,
                occurred_at=event.occurred_at,
                recorded_at=event.recorded_at,
            )
        )

    def _revision(self) -> int:
        self._index += 1
        return (self.position << _REVISION_BITS) | self._index

    def _say(self, fact: Fact) -> str:
        id_ = fact_id(self.tenant, fact.kind, identity_of(fact))
        revision = self._revision()
        self._keep(Said(id_, fact.kind, revision, self.clock, fact), fact.history)
        return id_

    def _say_no_more(self, fact: type[Fact], identity: tuple[str | int, ...]) -> None:
        id_ = fact_id(self.tenant, fact.kind, identity)
        revision = self._revision()
        self._keep(Said(id_, fact.kind, revision, self.clock, None), fact.history)
        self._retracted.append((id_, revision, len(self._alerts)))

    def _keep(self, said: Said, history: bool) -> None:
        key = (said.fact_id, said.revision if history else 0)
        self._said.pop(key, None)
        self._said[key] = said

    def _raise(self, alert: Alert) -> None:
        about_id = fact_id(self.tenant, alert.about.kind, identity_of(alert.about))
        raised = AlertRaised(
            alert=alert.kind,
            about_id=about_id,
            occasion=alert.occasion,
            subject=alert.subject,
            account=alert.account,
            summary=alert.summary,
            happened_at=alert.happened_at,
        )
        alert_id = self._say(raised)
        body = _alert_body(alert_id, self.tenant, alert, self.position)
        # The first saying holds, wherever a batch ends: the same alert is told once.
        self._alerts.setdefault(
            alert_id,
            RaisedAlert(alert_id, about_id, alert.kind, alert.account, alert.subject, alert.happened_at, body),
        )


def _stepped(event: Event) -> str:
    data = event.data
    return f"timer {data.name}" if isinstance(data, TimerFired) else event.type


def _alert_body(alert_id: str, tenant: str, alert: Alert, position: int) -> bytes:
    explanation = alert.about.explain(position)
    return orjson.dumps(
        {
            "id": alert_id,
            "type": alert.kind,
            "timestamp": format_instant(alert.happened_at),
            "happened_at": alert.happened_at,
            "occasion": alert.occasion,
            "tenant": tenant,
            "account": alert.account,
            "subject": alert.subject,
            "summary": alert.summary,
            "details": dict(alert.details),
            "fact": {"kind": alert.about.kind} | to_builtins(alert.about),
            "explanation": None if explanation is None else to_builtins(explanation),
        }
    )
