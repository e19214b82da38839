"""How much memory does one process need that folds ten thousand tenants?"""

from __future__ import annotations

from typing import Final

import psutil

from infra.bench.fold import journal
from infra.bench.loading import folder
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.catalog import PROCESSORS
from streams.database import Database
from streams.engine import Engine
from streams.sqlite_store import SqliteFoldStore

_EVENTS: Final = 40
_ACCOUNTS: Final = 10
_GB: Final = 1_000_000_000


def measure(scale: Scale) -> list[Row]:
    """Each lives the same day, of ten accounts and forty events beside its settings; saved one after another."""
    records = journal(_EVENTS, _ACCOUNTS)
    this, most = psutil.Process(), 0
    with folder() as root:
        database = Database(root / "folded.db")
        store = SqliteFoldStore(database)
        engine = Engine(PROCESSORS, store)
        for number in range(scale.tenants):
            tenant = f"tenant-{number:05}"
            store.save([engine.push(tenant, [one.model_copy(update={"tenant": tenant}) for one in records])])
            engine.rest()
            most = max(most, this.memory_info().rss)
        database.close()
    name = f"memory of one process that folds {scale.tenants:,} tenants, {_EVENTS} events each"
    return [Row(name, most / _GB, "GB (at most)", 2.0)]
