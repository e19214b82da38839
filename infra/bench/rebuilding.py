"""How many records a second does a rebuild fold, from the journal on the disk into a store of its own?"""

from __future__ import annotations

import time

from infra.bench.fold import appended
from infra.bench.loading import TENANT, folder
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.catalog import PROCESSORS
from replay.rebuild import rebuild
from streams.database import Database
from streams.embedded import Embedded
from streams.sqlite_store import SqliteFoldStore


def measure(scale: Scale) -> list[Row]:
    """State and the statements for every sink are written; filling tables from them is not counted."""
    with folder() as root:
        appended(root, scale.events, scale.accounts)
        runtime = Embedded(root, PROCESSORS)
        database = Database(root / "rebuild.db")
        store = SqliteFoldStore(database, generation=1)
        began = time.perf_counter()
        result = rebuild(runtime.log, PROCESSORS, store, {TENANT: runtime.log.end(TENANT)})
        took = time.perf_counter() - began
        database.close()
        runtime.close()
    return [Row("rebuild", result.records / took, "events/s", 20_000)]
