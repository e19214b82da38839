"""How large is what is kept of a ticket, and of an account?"""

from __future__ import annotations

from collections import Counter

from infra.bench.fold import journal
from infra.bench.loading import TENANT, batches
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.catalog import PROCESSORS
from processors.contract import LARGEST_CELL_BYTES
from processors.health import HEALTH
from processors.tickets import TICKETS
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore


def measure(scale: Scale) -> list[Row]:
    """All cells that bear its name, as they are saved."""
    store = MemoryFoldStore()
    engine = Engine(PROCESSORS, store)
    for batch in batches(journal(scale.events, scale.accounts)):
        store.save([engine.push(TENANT, batch)])
        engine.rest()
    sizes: Counter[str] = Counter()
    named: dict[str, set[str]] = {TICKETS.name: set(), HEALTH.name: set()}
    largest = 0
    for cell, parts in store.cells(TENANT):
        size = sum(map(len, parts.values()))
        sizes[cell.key] += size
        if cell.processor in named:
            named[cell.processor].add(cell.key)
            largest = max(largest, size)
    rows = []
    for name, keys in (("ticket", named[TICKETS.name]), ("account", named[HEALTH.name])):
        rows.append(Row(f"state of one {name}, all processors", sum(sizes[key] for key in keys) / len(keys), "bytes"))
        rows.append(Row("  the largest", max(sizes[key] for key in keys), "bytes"))
    return [*rows, Row("  of one processor", largest, "bytes (at most)", LARGEST_CELL_BYTES)]
