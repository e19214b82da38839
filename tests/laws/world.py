"""A tenant's world with a clock of its own: arrivals go through the real door, due timers are ticked meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from processors.catalog import PROCESSORS
from processors.contract import Processor
from schemas.event import Event
from schemas.fact import Fact
from schemas.system import Tick
from streams.engine import MOST_CELLS, Engine
from streams.fold_store import MemoryFoldStore
from streams.meanings import Meanings
from streams.memory_log import MemoryLog
from streams.privacy import Privacy
from streams.sequencer import Sequencer
from streams.state_hash import state_hash, tenant_hash
from streams.subject_keys import SubjectKeys
from tests.sentences import DigestEmbedder

TENANT = "acme"


@cache
def privacy() -> Privacy:
    """One key store for all worlds of this process: what is sealed does not matter to a fold; meanings do."""
    made = Privacy(SubjectKeys.open(Path(mkdtemp(prefix="millrace-keys-"))))
    made.meanings = Meanings(DigestEmbedder)
    return made


class World:
    """A log, a door, an engine and a store in memory. Time passes only as it is told."""

    def __init__(self, catalog: Sequence[Processor[Any]] = PROCESSORS, tenant: str = TENANT) -> None:
        self.catalog = catalog
        self.tenant = tenant
        self.log = MemoryLog()
        self.store = MemoryFoldStore()
        self.engine = Engine(catalog, self.store)
        self._sequencer = Sequencer(self.log, privacy(), self._fold)

    def arrive(self, raw: bytes, now: int) -> str:
        """A record arrives at an instant of the machine's time; what was due before has fired by then."""
        self._tick_until(now)
        (taken,) = self._sequencer.take(self.tenant, [raw], now)
        return taken.status

    def wait_until(self, now: int) -> None:
        """Nothing arrives until then, and the clock stands there afterwards."""
        self._tick_until(now)
        self._sequencer.record(self.tenant, Tick(), now, id=f"end-{now}")
        self._tick_until(now)

    def settled(self) -> dict[str, Fact]:
        """The current facts that the order of arrival may not change, by id."""
        current = self.store.current.get(self.tenant, {})
        return {id_: fact for id_, fact in current.items() if not fact.order_bound}

    def journal(self) -> list[Event]:
        return self.log.read(self.tenant, 0, 1_000_000)

    @property
    def hash(self) -> str:
        return tenant_hash(self.store, self.tenant, self.catalog)

    def _tick_until(self, now: int) -> None:
        while (due := self.engine.next_due(self.tenant)) is not None and due <= now:
            said = self._sequencer.record(self.tenant, Tick(), due, id=f"tick-{self.log.end(self.tenant) + 1}")
            assert said is not None

    def _fold(self, events: Sequence[Event]) -> None:
        self.store.save([self.engine.push(self.tenant, events)])


def folded(
    journal: Sequence[Event], sizes: Iterable[int], *, catalog: Sequence[Processor[Any]] = PROCESSORS, **how: Any
) -> MemoryFoldStore:
    """The store after folding a journal in batches of these sizes; `restart` begins each with a new engine."""
    store = MemoryFoldStore()
    restart, most_cells = how.get("restart", False), how.get("most_cells", MOST_CELLS)
    engine = Engine(catalog, store, most_cells)
    tenant, place = journal[0].tenant, 0
    for size in sizes:
        if place >= len(journal):
            break
        if restart:
            engine = Engine(catalog, store, most_cells)
        store.save([engine.push(tenant, journal[place : place + size])])
        engine.rest()
        place += size
    assert place >= len(journal)
    return store


def hashed(store: MemoryFoldStore, catalog: Sequence[Processor[Any]] = PROCESSORS) -> str:
    """The state hash of everything in a store."""
    return state_hash(store, catalog)
