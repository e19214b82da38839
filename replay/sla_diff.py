"""Which promises would be kept, and what would be owed, had other settings been said? Two folds of one journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from processors.accounts import ACCOUNTS
from processors.contract import Processor
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.sla_credit_claims import CREDIT_CLAIMS
from processors.sla_credits import CREDITS
from processors.snapshots import SNAPSHOTS
from replay.supposing import Supposition
from schemas.credits import CreditEntry
from schemas.event import Event, unchecked
from schemas.facts import SlaClock
from schemas.system import RecordRefused, Tick
from streams.batch import Said
from streams.engine import Engine
from streams.failures import LeftOut
from streams.fold import TenantFold
from streams.fold_store import MemoryFoldStore

# All that promises and credits follow from, in the order in which the catalog has them: snapshots become events.
CATALOG: Final[tuple[Processor[Any], ...]] = (SNAPSHOTS, SLA, CREDITS, SETTINGS, ACCOUNTS, CREDIT_CLAIMS)

BROKEN: Final = "broken"
NOT_PROMISED: Final = "not promised"
_OUTCOMES: Final = {"breached": BROKEN, "fulfilled": "kept", "paused": "running"}
_BATCH_RECORDS: Final = 4_000
_MOST_CELLS: Final = 20_000  # of each side in use; others are kept encoded

Clock = tuple[str, str, int]
Ledger = tuple[str, str, str]
K = TypeVar("K", tuple[str, str, int], tuple[str, str, str])


class Journal(Protocol):
    """What is read of a log."""

    def end(self, tenant: str) -> int: ...

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]: ...

    def refusals(self, tenant: str) -> Sequence[Event]: ...


class Outcome(NamedTuple):
    """What became of one promise of a ticket so far."""

    account: str | None
    outcome: str
    due_at: int | None
    breached_at: int | None
    policy: str


class Changed(NamedTuple):
    """A promise that ends, or is due, otherwise than it did; None where it is not promised at all."""

    ticket: str
    clock: str
    cycle: int
    before: Outcome | None
    after: Outcome | None

    @property
    def turns_out_otherwise(self) -> bool:
        """Whether more than instants changed."""
        return outcome_of(self.before) != outcome_of(self.after)


def outcome_of(found: Outcome | None) -> str:
    """In a word."""
    return NOT_PROMISED if found is None else found.outcome


@dataclass(slots=True)
class Side:
    """One fold and what it said: outcomes by clock, and the ledger's lines summed by (account, month, currency)."""

    engine: Engine
    store: MemoryFoldStore = field(default_factory=MemoryFoldStore)
    outcomes: dict[Clock, Outcome] = field(default_factory=dict)
    owed_minor: dict[Ledger, int] = field(default_factory=dict)
    granted_minor: dict[Ledger, int] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    _clocks: dict[str, Clock] = field(default_factory=dict)

    @classmethod
    def begun(cls) -> Side:
        """A fold of nothing yet."""
        store = MemoryFoldStore()
        return cls(Engine(CATALOG, store, _MOST_CELLS), store)

    def fold(self, tenant: str, records: Sequence[Event]) -> None:
        """Folds the next records. What fails is left out and kept in `refusals`."""
        position, end = self.engine.position(tenant), records[-1].position if records else 0
        while position < end:
            left = [record for record in records if record.position > position]
            batch, failure = self.engine.push_safely(tenant, left)
            for said in batch.said:
                self._hear(said)
            # What was said is kept here as far as it is asked for.
            self.store.save([replace(batch, said=[], alerts=[])])
            self.engine.rest()
            if failure is not None:
                self.refusals.append(str(failure))
                self.engine.leave_out(tenant, failure.position, failure.step)
            position = batch.header.position

    def context(self, tenant: str) -> TenantFold:
        """What the fold knows at its end."""
        return self.engine.fold_of(tenant)

    def _hear(self, said: Said) -> None:
        fact = said.fact
        if isinstance(fact, SlaClock):
            clock = self._clocks[said.fact_id] = fact.ticket, fact.clock, fact.cycle
            word = _OUTCOMES.get(fact.state, fact.state)
            self.outcomes[clock] = Outcome(fact.account, word, fact.due_at, fact.breached_at, fact.policy)
        elif isinstance(fact, CreditEntry):
            sums = self.owed_minor if fact.ledger == "owed" else self.granted_minor
            key = fact.account, fact.month, fact.currency
            sums[key] = sums.get(key, 0) + fact.amount_minor
        elif fact is None and said.fact_id in self._clocks:
            del self.outcomes[self._clocks.pop(said.fact_id)]


class Diff(NamedTuple):
    """Both sides at the end of the journal."""

    before: Side
    after: Side
    records: int

    def changed(self) -> list[Changed]:
        """Promises that end or are due otherwise, by ticket, clock and cycle."""
        before, after = self.before.outcomes, self.after.outcomes
        found = [
            Changed(ticket, clock, cycle, before.get((ticket, clock, cycle)), after.get((ticket, clock, cycle)))
            for ticket, clock, cycle in _either(before, after)
        ]
        return [one for one in found if _told(one.before) != _told(one.after)]

    def owed(self) -> list[tuple[Ledger, int, int]]:
        """(account, month, currency), what was and what would be owed, where that differs."""
        before, after = self.before.owed_minor, self.after.owed_minor
        found = [(key, before.get(key, 0), after.get(key, 0)) for key in _either(before, after)]
        return [one for one in found if one[1] != one[2]]


def sla_diff(
    journal: Journal,
    tenant: str,
    supposed: Supposition,
    until: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Diff:
    """Folds a tenant's journal as it is and as supposed, both up to its end and on to the instant `until`.

    Only what promises and credits follow from is folded, in memory: nothing is written. Raises ValueError where nothing
    of what is supposed would ever have been said.
    """
    diff = Diff(Side.begun(), Side.begun(), journal.end(tenant))
    refused = _refused(journal, tenant)
    position = 0
    while position < diff.records:
        records = journal.read(tenant, position, min(_BATCH_RECORDS, diff.records - position))
        _fold(diff, tenant, records, supposed, refused)
        position = records[-1].position
        if progress is not None:
            progress(position, diff.records)
    supposed.require_said()
    if until is not None and position:
        _reach(diff.before, tenant, until)
        _reach(diff.after, tenant, until)
    return diff


def _fold(
    diff: Diff,
    tenant: str,
    records: Sequence[Event],
    supposed: Supposition,
    refused: Mapping[int, Sequence[LeftOut]],
) -> None:
    others = supposed.records(records)
    for position in [record.position for record in records if record.position in refused]:
        for step in refused[position]:
            diff.before.engine.leave_out(tenant, position, step)
            diff.after.engine.leave_out(tenant, supposed.moved(position), step)
    diff.before.fold(tenant, records)
    diff.after.fold(tenant, others)


def _refused(journal: Journal, tenant: str) -> dict[int, list[LeftOut]]:
    found: dict[int, list[LeftOut]] = {}
    for event in journal.refusals(tenant):
        said = event.data
        if isinstance(said, RecordRefused):
            step = LeftOut(said.processor, said.processor_version, said.key, said.stepped)
            found.setdefault(said.refused_position, []).append(step)
    return found


def _reach(side: Side, tenant: str, until: int) -> None:
    """Lets the clock go on to an instant, so that what is due by then counts."""
    header = side.context(tenant).header
    if until <= header.clock or header.backfill is not None:
        return
    side.fold(
        tenant,
        [
            unchecked(
                Event,
                id="what-if",
                source="millrace",
                type=Tick.type,
                tenant=tenant,
                data=Tick(),
                occurred_at=until,
                recorded_at=until,
                position=header.position + 1,
            )
        ],
    )


def _told(found: Outcome | None) -> tuple[str, int | None, int | None] | None:
    """What of an outcome is compared: names of policies may differ."""
    return None if found is None else (found.outcome, found.due_at, found.breached_at)


def _either(before: Mapping[K, object], after: Mapping[K, object]) -> list[K]:
    return sorted({**before, **after})
