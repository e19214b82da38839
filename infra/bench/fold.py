"""How many records a second does the fold take, and a rebuild from the journal on the disk?"""

from __future__ import annotations

import time
from pathlib import Path

from infra.bench.loading import TENANT, Day, batches, folder, settle
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.catalog import PROCESSORS
from schemas.event import Event
from streams.embedded import Embedded


def measure(scale: Scale) -> list[Row]:
    """All of a journal is folded by a runtime that was just started and has no sinks."""
    with folder() as root:
        appended(root, scale.events, scale.accounts)
        runtime = Embedded(root, PROCESSORS)
        began = time.perf_counter()
        folded = runtime.fold_all()
        took = time.perf_counter() - began
        runtime.close()
    return [Row("fold alone", folded / took, "events/s")]


def appended(root: Path, events: int, accounts: int) -> None:
    """Fills a journal that nothing has folded."""
    day = Day()
    runtime = Embedded(root, PROCESSORS)
    settle(runtime, day)
    for batch in batches(day.records(events, accounts)):
        runtime.take(TENANT, batch)
    runtime.close()


def journal(events: int, accounts: int) -> list[Event]:
    """The records of such a journal, settings among them."""
    with folder() as root:
        appended(root, events, accounts)
        runtime = Embedded(root, PROCESSORS)
        try:
            return list(runtime.log.read(TENANT, 0, runtime.log.end(TENANT)))
        finally:
            runtime.close()
