"""One tenant on the real engine, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from processors.accounts import ACCOUNTS
from processors.contract import Context, Output, Processor
from processors.settings import SETTINGS
from processors.sla import SLA, SlaState
from schemas.alerts import AlertRaised
from schemas.emitted import SlaBreachHappened
from schemas.event import Data, Event
from schemas.fact import Fact
from schemas.facts import SlaBreached, SlaClock, SlaWarned
from schemas.instant import parse_instant
from schemas.system import BackfillEnded, BackfillStarted, Tick
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore

F = TypeVar("F", bound=Fact)

TENANT = "t"


def recorded(
    data: Data,
    id_: str,
    occurred_at: int,
    recorded_at: int,
    account: str | None,
    position: int,
    *,
    backfill: bool | None = None,
) -> Event:
    """An event of the tenant's journal."""
    return Event.model_construct(
        id=id_,
        source="test",
        type=data.type,
        occurred_at=occurred_at,
        tenant=TENANT,
        account=account,
        data=data,
        recorded_at=recorded_at,
        position=position,
        backfill=backfill,
    )


class Heard(Processor[list[tuple[str, int, bool]]]):
    """Remembers what other processors are told of breaches: clock, instant, whether it was taken back."""

    name = "heard"
    consumes = (SlaBreachHappened,)
    state = list[tuple[str, int, bool]]

    def key(self, event: Event) -> str | None:
        return event.account

    def step(self, state: list[tuple[str, int, bool]], event: Event, context: Context) -> Sequence[Output]:
        if isinstance(event.data, SlaBreachHappened):
            state.append((event.data.clock, event.data.breached_at, event.data.retracted))
        return ()


HEARD = Heard()
CATALOG: tuple[Processor[Any], ...] = (SLA, HEARD, SETTINGS, ACCOUNTS)


class Desk:
    """Says events to the fold and reads back what is known."""

    def __init__(self, catalog: tuple[Processor[Any], ...] = CATALOG) -> None:
        self.store = MemoryFoldStore()
        self.engine = Engine(catalog, self.store)
        self.position = 0
        self.clock = 0
        self.backfill: bool | None = None

    def say(
        self, data: Data, at: str | int, *, event_id: str = "", account: str | None = "a", taken_at: str | int = 0
    ) -> str:
        """Takes an event that occurred at `at`; it is taken then, or now when that is later, or at `taken_at`."""
        occurred_at = at if isinstance(at, int) else parse_instant(at)
        recorded_at = taken_at if isinstance(taken_at, int) else parse_instant(taken_at)
        return self._push(data, occurred_at, recorded_at or max(self.clock, occurred_at), event_id, account)

    def wait_until(self, at: str | int) -> None:
        """Nothing happens until then, but everything that becomes due by itself."""
        instant = at if isinstance(at, int) else parse_instant(at)
        while (due := self.engine.fold_of(TENANT).timers.next_due()) is not None and due <= instant:
            self._push(Tick(), max(due, self.clock), max(due, self.clock), "", None)
        self._push(Tick(), instant, instant, "", None)

    def begin_history(self, *, clock: str = "live") -> None:
        self._push(BackfillStarted.model_validate({"name": "h", "clock": clock}), self.clock, self.clock, "", None)
        self.backfill = True

    def end_history(self) -> None:
        self.backfill = None
        self._push(BackfillEnded(name="h"), self.clock, self.clock, "", None)

    def facts(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.store.current.get(TENANT, {}).values() if isinstance(fact, kind)]

    def history(self, kind: type[F]) -> list[F]:
        return [fact for _, fact in self.store.history.get(TENANT, []) if isinstance(fact, kind)]

    def clock_of(self, clock: str, cycle: int = 0) -> SlaClock:
        (found,) = [fact for fact in self.facts(SlaClock) if (fact.clock, fact.cycle) == (clock, cycle)]
        return found

    def clocks(self) -> list[SlaClock]:
        return sorted(self.facts(SlaClock), key=lambda fact: (fact.clock, fact.cycle))

    def breaches(self) -> list[tuple[str, int, int]]:
        return sorted((fact.clock, fact.cycle, fact.breached_at) for fact in self.facts(SlaBreached))

    def warnings(self) -> list[tuple[str, int, int, int]]:
        """Clock, cycle, percentage used up or, below zero, seconds left, and when that was."""
        told = self.facts(SlaWarned)
        return sorted((one.clock, one.cycle, one.percent or -one.before_seconds, one.warned_at) for one in told)

    def alerts(self) -> list[AlertRaised]:
        return sorted(self.facts(AlertRaised), key=lambda alert: (alert.happened_at, alert.alert))

    def heard(self, account: str = "a") -> list[tuple[str, int, bool]]:
        """What was told to other processors of an account."""
        for cell, parts in self.store.cells(TENANT):
            if cell == (HEARD.name, account):
                return HEARD.decode(parts)
        return []

    def cell(self, ticket: str = "T") -> SlaState:
        """The ticket's cell, as saved."""
        for cell, parts in self.store.cells(TENANT):
            if cell == (SLA.name, ticket):
                return SLA.decode(parts)
        raise KeyError(ticket)

    def is_open(self, ticket: str = "T") -> bool:
        return any(cell == (SLA.name, ticket) for cell, _ in self.store.open_cells(TENANT))

    def _push(self, data: Data, occurred_at: int, recorded_at: int, id_: str, account: str | None) -> str:
        self.position += 1
        id_ = id_ or f"e{self.position}"
        event = recorded(data, id_, occurred_at, recorded_at, account, self.position, backfill=self.backfill)
        self.store.save([self.engine.push(TENANT, [event])])
        self.clock = self.engine.fold_of(TENANT).header.clock
        return event.id
