"""How many records a second does the door take, durably, when nothing folds them?"""

from __future__ import annotations

import time

from infra.bench.loading import TENANT, Day, batches, folder, settle
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.catalog import PROCESSORS
from streams.embedded import Embedded


def measure(scale: Scale) -> list[Row]:
    """Batches as a busy door gets them, one after another."""
    day = Day()
    raws = list(batches(day.records(scale.events, scale.accounts)))
    with folder() as root:
        runtime = Embedded(root, PROCESSORS)
        settle(runtime, day)
        began = time.perf_counter()
        for batch in raws:
            runtime.take(TENANT, batch)
        took = time.perf_counter() - began
        runtime.close()
    return [Row("append alone", scale.events / took, "events/s")]
