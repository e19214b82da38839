"""The engine every runtime drives: records of a tenant in, a batch to be saved out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from processors.contract import Context, Processor
from schemas.event import Event
from streams.batch import AnyBatch, Batch, Header
from streams.cells import Cells
from streams.failures import LeftOut, StepFailed
from streams.fold import TenantFold
from streams.fold_store import FoldStore
from streams.open_index import OpenIndex
from streams.timers import TimerQueue

# Beyond so many in memory, cells not asked for of late are let go of: up to 5 KB each.
MOST_CELLS: Final = 70_000


class FoldingEngine(Protocol):
    """An engine as a runtime of one database drives it: `Engine`, or one in another process. Not thread-safe."""

    def push_safely(self, tenant: str, records: Sequence[Event]) -> tuple[AnyBatch, StepFailed | None]:
        """See `Engine`. What it returns must be saved before anything of the tenant is pushed again."""

    def foresee(self, tenant: str, records: Sequence[Event]) -> None:
        """What is pushed next, if nothing comes between: an engine elsewhere may fold it while the last is saved."""

    def leave_out(self, tenant: str, position: int, step: LeftOut) -> None: ...

    def forget(self, tenant: str) -> None: ...

    def position(self, tenant: str) -> int: ...

    def next_due(self, tenant: str) -> int | None: ...

    def rest(self) -> None: ...

    def start(self) -> None:
        """Gets ready, so that the first record need not wait."""

    def close(self) -> None: ...


class Engine:
    """Folds the records of many tenants over one store. Not thread-safe: one thread drives it.

    What `push` returns must be saved before the tenant is pushed again, else `forget` the tenant.
    """

    def __init__(self, catalog: Sequence[Processor[Any]], store: FoldStore, most_cells: int = MOST_CELLS) -> None:
        self._catalog = catalog
        self._preparing = [one for one in catalog if type(one).prepare is not Processor.prepare]
        self._store = store
        self._most_cells = most_cells
        self._folds: dict[str, TenantFold] = {}
        self._left_out: dict[str, dict[int, list[LeftOut]]] = {}

    def push(self, tenant: str, records: Sequence[Event]) -> Batch:
        """Folds the next records of a tenant. Raises StepFailed, after which the tenant stands where it was saved."""
        fold = self.fold_of(tenant)
        try:
            self._prepare(records, fold)
            for record in records:
                fold.fold(record)
            return fold.take_batch()
        except BaseException:
            self.forget(tenant)
            raise

    def _prepare(self, records: Sequence[Event], context: Context) -> None:
        """Lets processors work out ahead what the steps of these records will ask for; changes nothing."""
        for processor in self._preparing:
            # What fails here fails again in the step that asks for it, which is refused then.
            with suppress(Exception):
                processor.prepare(records, context)

    def push_safely(self, tenant: str, records: Sequence[Event]) -> tuple[Batch, StepFailed | None]:
        """Like `push`, but a failing record ends the batch before it: (the part before it, what failed or None)."""
        try:
            return self.push(tenant, records), None
        except StepFailed as failure:
            sound = [record for record in records if record.position < failure.position]
            return self.push(tenant, sound), failure

    def foresee(self, tenant: str, records: Sequence[Event]) -> None:
        """One that is driven by the thread that saves has nothing to gain."""

    def leave_out(self, tenant: str, position: int, step: LeftOut) -> None:
        """Leaves out one step of one record from now on; only once its refusal stands in the journal."""
        steps = self._left_out.setdefault(tenant, {}).setdefault(position, [])
        if step not in steps:
            steps.append(step)

    def forget(self, tenant: str) -> None:
        """Drops what is in memory of a tenant; it is loaded again when next asked for."""
        self._folds.pop(tenant, None)

    def position(self, tenant: str) -> int:
        """The last position folded."""
        return self.fold_of(tenant).header.position

    def next_due(self, tenant: str) -> int | None:
        """When a tick should wake the tenant; None if nothing is due, in a backfill, or by the journal's clock."""
        fold = self.fold_of(tenant)
        if fold.header.clock_mode != "live" or fold.backfilling:
            return None
        return fold.timers.next_due()

    def fold_of(self, tenant: str) -> TenantFold:
        """The tenant's fold, loaded from the store when it is not in memory."""
        fold = self._folds.get(tenant)
        if fold is None:
            store = self._store
            header = store.header(tenant)
            fold = self._folds[tenant] = TenantFold(
                tenant,
                self._catalog,
                header or Header(),
                Cells(lambda cell: store.cell(tenant, cell), store_is_empty=header is None),
                TimerQueue(store.timers(tenant)),
                OpenIndex(store.open_cells(tenant)),
                self._left_out.setdefault(tenant, {}),
            )
        return fold

    def rest(self) -> None:
        """Lets go of cells not lately in use. Call when all batches are saved."""
        if sum(len(fold.cells) for fold in self._folds.values()) > self._most_cells:
            for fold in self._folds.values():
                fold.cells.age()

    def start(self) -> None:
        """It is ready."""

    def close(self) -> None:
        """There is nothing to be given back."""
