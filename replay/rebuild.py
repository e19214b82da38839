"""Folding the journal again from its first record, into a store of its own; nothing is written to the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.contract import Processor
from schemas.system import RecordRefused
from streams.engine import Engine
from streams.failures import LeftOut, StepFailed
from streams.fold_store import FoldStore
from streams.log import Log

BATCH_RECORDS = 8_000

Progress = Callable[[int], None]


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild did: records folded, and refusals that the journal does not know."""

    records: int = 0
    refusals: list[StepFailed] = field(default_factory=list)


def rebuild(
    log: Log,
    catalog: Sequence[Processor[Any]],
    store: FoldStore,
    ends: Mapping[str, int],
    progress: Progress | None = None,
) -> Rebuilt:
    """Folds each tenant of `ends` from its first record up to the position given there.

    A step that raises although the journal does not say so is left out and kept in the result; whether that is a
    failure is for the caller to say.
    """
    engine = Engine(catalog, store)
    result = Rebuilt()
    for tenant, end in ends.items():
        leave_out_refused(log, engine, tenant)
        _fold_tenant(log, engine, store, tenant, end, result, progress)
        engine.forget(tenant)
    return result


def leave_out_refused(log: Log, engine: Engine, tenant: str) -> None:
    """Collects the tenant's refusals, so that exactly those steps are left out."""
    for event in log.refusals(tenant):
        said = event.data
        if isinstance(said, RecordRefused):
            step = LeftOut(said.processor, said.processor_version, said.key, said.stepped)
            engine.leave_out(tenant, said.refused_position, step)


def _fold_tenant(
    log: Log, engine: Engine, store: FoldStore, tenant: str, end: int, result: Rebuilt, progress: Progress | None
) -> None:
    position = engine.position(tenant)
    while position < end:
        records = log.read(tenant, position, min(BATCH_RECORDS, end - position))
        batch, failure = engine.push_safely(tenant, records)
        store.save([batch])
        if failure is not None:
            result.refusals.append(failure)
            engine.leave_out(tenant, failure.position, failure.step)
        folded = batch.header.position - position
        position = batch.header.position
        result.records += folded
        engine.rest()
        if progress is not None:
            progress(folded)
