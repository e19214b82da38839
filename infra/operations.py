"""What an operator does: fold what waits, prove the state, rebuild it, send refused records again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from infra.application import Application
from infra.importing import bring
from infra.redriving import Redriving
from infra.service import OnProgress, Progress, Proof, Redriven
from infra.switch import switch_caches
from processors.catalog import PROCESSORS
from replay.rebuild import rebuild
from schemas.system import GenerationSwitched
from sinks.clickhouse.process import ClickHouseProcess
from streams.database import Database
from streams.embedded import Embedded
from streams.failures import UnreadableState
from streams.history.embedded_door import EmbeddedDoor
from streams.sqlite_store import SqliteFoldStore
from streams.state_hash import tenant_hash, tenant_hashes, whole_hash

_STATEMENTS_AT_ONCE = 20_000
# What an older version wrote has no hash.
_UNREADABLE = "unreadable"
_log = structlog.get_logger(__name__)


class Operations:
    """Acts on one embedded application: its `Operating`."""

    def __init__(self, application: Application) -> None:
        self._application = application
        ways = _EmbeddedWays(application.runtime)
        self._redriving = Redriving(application.records, ways, application.clock)

    def bring(
        self,
        files: Sequence[str],
        mapping: str,
        tenant: str,
        *,
        limit: int | None = None,
        progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Imports files (`PATH`, or `ROLE=PATH`) by a shipped mapping's name or a mapping file. Raises MappingError."""
        return bring(EmbeddedDoor(self._application.runtime), files, mapping, tenant, limit=limit, progress=progress)

    def run_until_idle(self, progress: Progress | None = None) -> int:
        """Folds everything that waits, fires every timer that is due, and waits for the sinks; records folded."""
        runtime = self._application.runtime
        total, done = runtime.backlog(), 0

        def count(folded: int) -> None:
            nonlocal done
            done += folded
            if progress is not None:
                progress(done, max(total, done))

        folded = runtime.fold_all(count)
        if not self._application.drain():
            raise TimeoutError("the sinks did not take everything in time: see `millrace doctor`")
        return folded

    def tenant_hashes(self) -> dict[str, str]:
        """The state hash of each tenant."""
        store = self._application.runtime.store
        with self._application.runtime.holding():
            return tenant_hashes(store, PROCESSORS)

    def rebuild(self, progress: OnProgress | None = None, *, accept_refusals: bool = False) -> Proof:
        """Throws every cache away and folds the journal again, as far as it was folded; records may go on coming in.

        The new state and a new generation of facts take the old ones' place once they are whole; nobody is alerted.
        With refusals the journal does not know, nothing is replaced unless they are accepted.
        """
        application = self._application
        runtime = application.runtime
        with runtime.holding():
            application.drain()
            old = _hashes_of(runtime.store)
            ends = {tenant: runtime.engine.position(tenant) for tenant in runtime.store.tenants()}
            total, done = sum(ends.values()), 0

            def count(folded: int) -> None:
                nonlocal done
                done += folded
                if progress is not None:
                    progress("folding", done, total)

            with _scratch(application.home.root / "rebuild.db") as database:
                store = SqliteFoldStore(database, generation=runtime.store.latest_generation() + 1)
                result = rebuild(runtime.log, PROCESSORS, store, ends, count)
                refusals = tuple(str(failure) for failure in result.refusals)
                hashes = _Hashes(old, _hashes_of(store))
                differing: tuple[str, ...] = ()
                if not refusals or accept_refusals:
                    differing = self._replace(store, database, ends, hashes, progress)
        return Proof(result.records, _whole(hashes.old), _whole(hashes.new), differing, refusals)

    def _replace(
        self,
        store: SqliteFoldStore,
        database: Database,
        ends: Mapping[str, int],
        hashes: _Hashes,
        progress: OnProgress | None,
    ) -> tuple[str, ...]:
        """Puts the rebuilt answers in the place of the old ones; the tables that differ.

        Where they differ the journal says so, and the facts that users saw stay in the files beside the new ones.
        """
        application = self._application
        runtime, clickhouse, generation = application.runtime, application.clickhouse, store.latest_generation()
        for tenant in ends:
            store.say_letters(tenant, runtime.log.letters(tenant))
        _write_facts(store, clickhouse.for_source(f"rebuild {generation}"))
        switched: list[tuple[str, GenerationSwitched]] = []
        equal: dict[int, list[str]] = {}
        for done, (tenant, end) in enumerate(ends.items()):
            if progress is not None:
                progress("comparing", done, len(ends))
            said = self._switch(generation, tenant, end, hashes.new[tenant])
            if said.differing or said.state_hash != hashes.old[tenant]:
                switched.append((tenant, said))
            else:
                equal.setdefault(said.replaced, []).append(tenant)
        for old, tenants in equal.items():
            clickhouse.delete_generation(tenants, old)
        switch_caches(runtime.database, database.path)
        for tenant in ends:
            runtime.engine.forget(tenant)
        for tenant, said in switched:
            runtime.record(tenant, said, id=f"generation-{generation}")
        application.reset_search(store)
        return tuple(f"{tenant}/{table}" for tenant, said in switched for table in said.differing)

    def _switch(self, generation: int, tenant: str, end: int, state_hash: str) -> GenerationSwitched:
        """Lets the tenant's views show the new generation; what there is to say of it."""
        clickhouse = self._application.clickhouse
        before, old = clickhouse.tables_digest(tenant), clickhouse.active_generation(tenant)
        clickhouse.activate(tenant, generation)
        after = clickhouse.tables_digest(tenant)
        return GenerationSwitched(
            generation=generation,
            replaced=old,
            folded_position=end,
            state_hash=state_hash,
            differing=tuple(table for table in after if after[table] != before.get(table)),
        )

    def redrive(
        self, tenant: str, letters: Sequence[str] = (), *, most: int = 1_000, reason: str = "", dry_run: bool = False
    ) -> list[Redriven]:
        """Sends dead letters again, oldest first: those named, or all not redriven yet, of one reason if given."""
        return self._redriving.redrive(tenant, letters, most, reason, dry_run=dry_run)


class _EmbeddedWays:
    def __init__(self, runtime: Embedded) -> None:
        self.take = runtime.take
        self.refusals = runtime.log.refusals
        self.record = runtime.record
        self.redriven = runtime.redriven


class _Hashes(NamedTuple):
    """The state hash of each tenant before and after."""

    old: Mapping[str, str]
    new: Mapping[str, str]


def _hashes_of(store: SqliteFoldStore) -> dict[str, str]:
    return {tenant: _hash_of(store, tenant) for tenant in store.tenants()}


def _hash_of(store: SqliteFoldStore, tenant: str) -> str:
    try:
        return tenant_hash(store, tenant, PROCESSORS)
    except UnreadableState:
        return _UNREADABLE


def _whole(hashes: Mapping[str, str]) -> str:
    return _UNREADABLE if _UNREADABLE in hashes.values() else whole_hash(hashes)


def _write_facts(store: SqliteFoldStore, sink: ClickHouseProcess) -> None:
    token = 0
    while runs := store.packed(token, _STATEMENTS_AT_ONCE):
        sink.write_packed(runs, token, ("document.written",))
        token = runs[-1].last_token


@contextmanager
def _scratch(path: Path) -> Iterator[Database]:
    """A database for the time of a rebuild; what an interrupted one left is removed first."""
    _remove(path)
    database = Database(path)
    try:
        yield database
    finally:
        database.close()
        _remove(path)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
