"""What do all processors cost, beside the four that came first, and how long does one ticket take all of them?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from infra.bench.fold import journal
from infra.bench.loading import TENANT, batches
from infra.bench.scale import Scale
from infra.quality.row import Row
from processors.accounts import ACCOUNTS
from processors.catalog import PROCESSORS
from processors.category_model import CATEGORY_MODEL
from processors.churn import CHURN
from processors.churn_model import CHURN_MODEL
from processors.contract import Processor
from processors.documents import DOCUMENTS
from processors.feedback import FEEDBACK
from processors.health import HEALTH
from processors.settings import SETTINGS
from processors.sla import SLA
from processors.tickets import TICKETS
from processors.triage import TRIAGE
from processors.usage import USAGE
from schemas.event import Event
from schemas.tickets import TicketOpened
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore

# Triage, promises, health and leaving, with what they are told by.
_FOUR: Final = frozenset(
    (TRIAGE, SLA, HEALTH, CHURN, SETTINGS, ACCOUNTS, TICKETS, DOCUMENTS, USAGE, FEEDBACK, CATEGORY_MODEL, CHURN_MODEL)
)
_TIMES: Final = 2.0
_TICKET_MS: Final = 3.0


class _Folding:
    """A fold that counts its seconds, and saves what it would save."""

    def __init__(self, catalog: Sequence[Processor[Any]]) -> None:
        self._store = MemoryFoldStore()
        self._engine = Engine(catalog, self._store)
        self.seconds = 0.0

    def take(self, records: Sequence[Event]) -> float:
        """The seconds that these took."""
        began = time.perf_counter()
        batch = self._engine.push(TENANT, records)
        self._store.save([batch])
        self._engine.rest()
        took = time.perf_counter() - began
        self.seconds += took
        return took


def measure(scale: Scale) -> list[Row]:
    """One journal is folded by both, by turns, for a machine's speed changes; of its end each ticket by itself."""
    records = journal(scale.events, scale.accounts)
    alone_from = len(records) - len(records) // 10
    whole, four = _Folding(PROCESSORS), _Folding([one for one in PROCESSORS if one in _FOUR])
    for batch in batches(records[:alone_from]):
        four.take(batch)
        whole.take(batch)
    times = whole.seconds / four.seconds
    alone = [(record, whole.take([record])) for record in records[alone_from:]]
    took = sorted(1_000 * seconds for record, seconds in alone if isinstance(record.data, TicketOpened))
    plain = sorted(_plain_work(took[len(took) // 2], len(took)))
    return [
        Row("every processor, of the first four and what tells them", times, "times (at most)", _TIMES),
        Row("one new ticket through every processor, p50", took[len(took) // 2], "ms"),
        Row(
            "  p99",
            took[len(took) * 99 // 100],
            "ms (at most)",
            _TICKET_MS,
            plain[len(plain) * 99 // 100],
            "plain loops as long as p50",
        ),
    ]


def _plain_work(milliseconds: float, times: int) -> list[float]:
    """How many milliseconds loops take that should take so many: the slowest show what the machine adds by itself."""
    turns = 100_000
    began = time.perf_counter()
    _count_to(turns)
    turns = max(round(turns * milliseconds / (1_000 * (time.perf_counter() - began))), 1)
    took = []
    for _ in range(times):
        began = time.perf_counter()
        _count_to(turns)
        took.append(1_000 * (time.perf_counter() - began))
    return took


def _count_to(number: int) -> int:
    total = 0
    for count in range(number):
        total += count
    return total
