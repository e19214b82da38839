"""An engine on a bench: events in, facts out, with a clock that is set by hand. No log, no disk, no threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from processors.contract import Processor
from schemas.event import Data, Event
from schemas.fact import Fact
from schemas.registry import dataschema
from schemas.system import Tick
from streams.batch import RaisedAlert
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.state_hash import tenant_hash

F = TypeVar("F", bound=Fact)


class Driver:
    """Folds events of one tenant over a catalog of processors.

    `send` gives an event the next position and, unless told otherwise, its own instant as the time it was taken.
    `restart` loads everything from what was saved, as after a crash between two batches.
    """

    def __init__(self, catalog: Sequence[Processor[Any]], tenant: str = "acme") -> None:
        self.tenant = tenant
        self._catalog = catalog
        self.store = MemoryFoldStore()
        self._engine = Engine(catalog, self.store)
        self.records: list[Event] = []

    def send(
        self,
        data: Data,
        at: int,
        *,
        account: str | None = None,
        id: str | None = None,
        taken_at: int | None = None,
        **stamps: Any,
    ) -> Event:
        """Folds one event that happened at an instant; returns it as recorded."""
        event = self.event(data, at, account=account, id=id, taken_at=taken_at, **stamps)
        self.fold([event])
        return event

    def event(
        self,
        data: Data,
        at: int,
        *,
        account: str | None = None,
        id: str | None = None,
        taken_at: int | None = None,
        **stamps: Any,
    ) -> Event:
        """An event as the door would record it, without a position yet."""
        return Event.model_construct(
            id=id or f"e-{len(self.records) + 1}",
            source="bench",
            type=data.type,
            dataschema=dataschema(data.type, data.version),
            occurred_at=at,
            tenant=self.tenant,
            account=account,
            data=data,
            recorded_at=at if taken_at is None else taken_at,
            **stamps,
        )

    def fold(self, events: Sequence[Event]) -> None:
        """Gives events the next positions and folds them as one batch."""
        for position, event in enumerate(events, len(self.records) + 1):
            event.stamped(position=position)
        self.records.extend(events)
        self.store.save([self._engine.push(self.tenant, events)])

    def tick(self, at: int) -> None:
        """Moves the tenant's clock to an instant."""
        self.send(Tick(), at, id=f"tick-{len(self.records) + 1}")

    def restart(self) -> None:
        """Forgets everything that is not saved."""
        self._engine = Engine(self._catalog, self.store)

    @property
    def engine(self) -> Engine:
        return self._engine

    def facts(self, kind: type[F]) -> list[F]:
        """The current facts of a kind, or all ever said of a history kind, in order of their identity or saying."""
        if kind.history:
            return [fact for _, fact in self.store.history.get(self.tenant, []) if isinstance(fact, kind)]
        current = self.store.current.get(self.tenant, {}).values()
        found = [fact for fact in current if isinstance(fact, kind)]
        return sorted(found, key=lambda fact: tuple(str(getattr(fact, name)) for name in kind.identity))

    def fact(self, kind: type[F]) -> F:
        """The only current fact of a kind."""
        (fact,) = self.facts(kind)
        return fact

    @property
    def alerts(self) -> list[RaisedAlert]:
        """Alerts raised, in order."""
        return list(self.store.alerts.get(self.tenant, {}).values())

    @property
    def hash(self) -> str:
        """The tenant's state hash."""
        return tenant_hash(self.store, self.tenant, self._catalog)
