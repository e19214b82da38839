"""How many records a second come from accepted bytes to durable state, facts in ClickHouse and points in Qdrant?"""

from __future__ import annotations

from infra.bench.floor import floor_per_second
from infra.bench.loading import Day, folder, live, running
from infra.bench.scale import Scale
from infra.quality.row import Row

_FLOOR = "parse and count"


def measure(scale: Scale) -> list[Row]:
    """Ends when every sink holds everything; the floor is measured in the same process, before."""
    day = Day()
    raws = list(day.records(scale.events, scale.accounts))
    floor = floor_per_second(raws)
    with folder() as root, running(root, clock=day) as application:
        took = live(application, day, raws, len(raws))
    rate = took.records / took.everywhere
    accounts = f"{scale.accounts:,} accounts"
    return [
        Row(f"bytes to state, tables and search index, {accounts}", rate, "events/s", 15_000, floor, _FLOOR),
        Row("  share of the floor", 100 * rate / floor, "%"),
        Row("  bytes to state, sinks still writing", took.records / took.folded, "events/s", None, floor, _FLOOR),
    ]
