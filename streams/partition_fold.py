"""One partition's fold, driven record by record: what every runtime on a distributed log does alike.

A runtime reads the partition (`streams.carriage` says which records hold), hands the events to `take`, and does what
the outcome asks, in this order: say the refusals and what the batches say, save the batches, remember the place to
resume at. How to read, say and save is all that differs between runtimes.

A step that raises holds its tenant back: nothing of it is folded any more until its `record.refused` is read in the
journal, and then exactly that step is left out. Records that come meanwhile wait here, in order. A bounded fold never
writes to the journal: it leaves the step out at once and tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.event import Event
from schemas.system import RecordRefused
from streams.batch import Batch
from streams.breaker import Breaker, BreakerOpen
from streams.engine import Engine
from streams.failures import LeftOut, StepFailed
from streams.log import Letter
from streams.refusal import refusal_of

# Records of one tenant kept in memory while it is held back; later ones are read again when it goes on.
MOST_HELD = 20_000


class Refusal(NamedTuple):
    """What must be said of a step that raised: a dead letter, and the record for the intake topic `system`."""

    letter: Letter
    event: Event


class Waiting(NamedTuple):
    """When a tick should wake a tenant (None: nothing waits), as of the position folded and the clock there."""

    tenant: str
    due: int | None
    position: int
    clock: int


@dataclass(slots=True)
class Outcome:
    """What follows from some records of a partition.

    `batches`: to be saved, whole; at most one a tenant. `waits`: for the topic `waits`, of tenants just folded.
    `refusals`: to be said. `held`: the record from which on a tenant is held back, for each that was not before.
    `released`: tenants that go on. `rewind`: a tenant goes on whose records were too many to keep: save, then begin the
    partition again where it resumes. `failures`: in a bounded fold, steps that were left out although the journal does
    not say so. `stopped`: the breaker opened; save and say the rest, and give this partition no more records.
    """

    batches: list[Batch] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    held: list[Event] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    rewind: bool = False
    failures: list[StepFailed] = field(default_factory=list)
    stopped: BreakerOpen | None = None


@dataclass(slots=True)
class _Held:
    """A tenant held back: the step whose refusal it waits for, and its records from there on."""

    position: int
    step: LeftOut
    records: list[Event]
    is_cut: bool = False


class PartitionFold:
    """Drives an engine with the records of one partition, in order. One thread; many may share the engine.

    After `take` its batches must be saved before `take` is called again; where that fails, throw this away with the
    engine and begin again from what is saved.
    """

    def __init__(self, partition: int, engine: Engine, *, bounded: bool = False, most_held: int = MOST_HELD) -> None:
        self._engine = engine
        self._bounded = bounded
        self._most_held = most_held
        self._breaker = Breaker(partition)
        self._held: dict[str, _Held] = {}
        self._last_due: dict[str, int | None] = {}

    @property
    def held_back(self) -> Mapping[str, int]:
        """The tenants held back, each with the position it stands before."""
        return {tenant: held.position for tenant, held in self._held.items()}

    def rewind(self) -> None:
        """The partition is read again from where it resumes: what waits here comes again."""
        self._held.clear()

    def collect(self, event: Event) -> None:
        """Notes a `record.refused` that lies ahead; on a start all of them come here before the first record."""
        data = event.data
        if isinstance(data, RecordRefused):
            step = LeftOut(data.processor, data.processor_version, data.key, data.stepped)
            self._engine.leave_out(event.tenant, data.refused_position, step)

    def take(self, records: Sequence[Event]) -> Outcome:
        """Folds the next records of the partition. Those a tenant has seen (before a restart) are passed over.

        Raises JournalGap for a position that does not continue its tenant's.
        """
        outcome = Outcome()
        by_tenant: dict[str, list[Event]] = {}
        for record in records:
            group = by_tenant.get(record.tenant)
            if group is None:
                group = by_tenant[record.tenant] = []
            group.append(record)
            if isinstance(record.data, RecordRefused):
                self.collect(record)
        for tenant, group in by_tenant.items():
            if outcome.stopped is None:
                self._take(tenant, group, outcome)
        return outcome

    def _take(self, tenant: str, records: list[Event], outcome: Outcome) -> None:
        held = self._held.get(tenant)
        repaired = 0
        if held is not None:
            if not any(_refuses(record, held) for record in records):
                self._keep(held, records)
                return
            del self._held[tenant]
            outcome.released.append(tenant)
            if held.is_cut:
                outcome.rewind = True
                return
            records = held.records + records
            repaired = 1
        position = self._engine.position(tenant)
        if records[0].position <= position:
            records = [record for record in records if record.position > position]
        if records:
            self._fold(tenant, records, outcome, repaired)

    def _fold(self, tenant: str, records: list[Event], outcome: Outcome, repaired: int) -> None:
        batch, failure = self._engine.push_safely(tenant, records)
        while failure is not None and self._bounded:
            outcome.failures.append(failure)
            self._engine.leave_out(tenant, failure.position, failure.step)
            self._engine.forget(tenant)
            batch, failure = self._engine.push_safely(tenant, records)
        if batch.header.position > batch.after:
            outcome.batches.append(batch)
            self._breaker.passed(batch.header.position - batch.after - repaired)
        if failure is not None:
            self._hold(tenant, records, failure, outcome)
        self._tell_due(tenant, batch, outcome)

    def _hold(self, tenant: str, records: list[Event], failure: StepFailed, outcome: Outcome) -> None:
        rest = [record for record in records if record.position >= failure.position]
        held = _Held(failure.position, failure.step, [])
        self._keep(held, rest)
        self._held[tenant] = held
        outcome.held.append(rest[0])
        try:
            self._breaker.failed(failure.step.processor)
        except BreakerOpen as stop:
            outcome.stopped = stop
            return
        outcome.refusals.append(Refusal(*refusal_of(rest[0], failure)))

    def _keep(self, held: _Held, records: Sequence[Event]) -> None:
        room = self._most_held - len(held.records)
        if len(records) > room:
            held.is_cut = True
        if room > 0:
            held.records += records[:room]

    def _tell_due(self, tenant: str, batch: Batch, outcome: Outcome) -> None:
        due = self._engine.next_due(tenant)
        if due is not None or self._last_due.get(tenant, 0) is not None:
            self._last_due[tenant] = due
            outcome.waits.append(Waiting(tenant, due, batch.header.position, batch.header.clock))


def _refuses(record: Event, held: _Held) -> bool:
    data = record.data
    return (
        isinstance(data, RecordRefused)
        and data.refused_position == held.position
        and held.step == LeftOut(data.processor, data.processor_version, data.key, data.stepped)
    )
