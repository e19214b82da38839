"""How many records a second come from accepted bytes to durable state, facts in ClickHouse and points in Qdrant?"""

from __future__ import annotations

import time

from infra.bench.floor import floor_per_second
from infra.bench.loading import TENANT, batches, folder, records, running, settle
from infra.bench.scale import Scale
from infra.quality.row import Row

# The door waits for the fold, as it would for a client that is answered slowly: memory stays bounded.
_MOST_BACKLOG = 20_000
_FLOOR = "parse and count"


def measure(scale: Scale) -> list[Row]:
    """Ends when every sink holds everything; the floor is measured in the same process, before."""
    raws = list(records(scale.events, scale.accounts))
    floor = floor_per_second(raws)
    with folder() as root, running(root) as application:
        settle(application.runtime)
        began = time.perf_counter()
        for batch in batches(raws):
            application.wait_for_backlog(_MOST_BACKLOG)
            application.runtime.take(TENANT, batch)
        application.wait_for_backlog(0)
        folded = time.perf_counter() - began
        if not application.drain():
            raise TimeoutError("the sinks did not take the load in time")
        took = time.perf_counter() - began
    rate = len(raws) / took
    accounts = f"{scale.accounts:,} accounts"
    return [
        Row(f"bytes to state, tables and search index, {accounts}", rate, "events/s", 15_000, floor, _FLOOR),
        Row("  share of the floor", 100 * rate / floor, "%"),
        Row("  bytes to state, sinks still writing", len(raws) / folded, "events/s", None, floor, _FLOOR),
    ]
