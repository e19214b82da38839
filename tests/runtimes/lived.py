"""Twelve companies of very different size, lived by the embedded runtime: the journal that every runtime must fold.

Late and repeated records, conflicts, broken bytes, steps that raise, a history that was brought along, ticks: what it
was made of went through the real door, and was folded while it came, with learning on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random

from schemas.event import Event
from schemas.instant import DAY, HOUR
from schemas.system import BackfillEnded, BackfillStarted, Tick
from streams.embedded import Embedded
from streams.log import Letter
from tests.laws.crash_worker import BRITTLE_NAME, CATALOG
from tests.laws.story import START, Said, Story
from tests.runtimes.known import Known, known_embedded

# Accounts of each tenant, 500 together.
SIZES = (210, 110, 60, 40, 25, 18, 12, 9, 6, 5, 3, 2)
TENANTS = tuple(f"company-{number:02}" for number in range(1, len(SIZES) + 1))
# This one's first days came later, as a history.
NEWCOMER = TENANTS[3]
_BROKEN = (b"{", b'{"specversion":"1.0"}', b"\xff\xfe", b'{"id":"x","source":"story","type":"ticket.lost","data":{}}')


@dataclass(frozen=True, slots=True)
class Lived:
    """What there is in the end: every tenant's records, the dead letters, and what is known."""

    journals: Mapping[str, Sequence[Event]]
    letters: Sequence[Letter]
    known: Known

    @property
    def records(self) -> int:
        return sum(map(len, self.journals.values()))


@dataclass(frozen=True, slots=True)
class _Arrival:
    at: int
    tenant: str
    raw: bytes


class _Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def lived(folder: Path, *, days: int = 3, seed: int = 1) -> Lived:
    """Lives so many days: about 12,000 records in three."""
    clock = _Clock()
    runtime = Embedded(folder, CATALOG, clock=clock, partitions=4)
    draw = Random(f"lived {seed}")
    try:
        clock.now = START - 2 * DAY
        arrivals = [one for place, tenant in enumerate(TENANTS) for one in _arrivals(tenant, place, days, seed, draw)]
        arrivals.sort(key=lambda one: (one.at, one.tenant, one.raw))
        _bring_history(runtime, clock, days, seed)
        for _, half_day in groupby(arrivals, key=lambda one: one.at // (12 * HOUR)):
            _take(runtime, clock, list(half_day), draw)
        clock.now = START + (days + 6) * DAY
        runtime.fold_all()
        for tenant in TENANTS:
            runtime.record(tenant, Tick(), id=f"end-{clock.now}")
        runtime.fold_all()
        journals = {tenant: runtime.log.read(tenant, 0, 1_000_000) for tenant in TENANTS}
        letters = [letter for tenant in TENANTS for letter in runtime.log.letters(tenant)]
        return Lived(journals, letters, known_embedded(runtime))
    finally:
        runtime.close()


def _take(runtime: Embedded, clock: _Clock, arrivals: Sequence[_Arrival], draw: Random) -> None:
    while (due := runtime.next_due()) is not None and due <= arrivals[0].at:
        clock.now = max(clock.now, due)
        runtime.fold_all()
    for tenant, run in groupby(sorted(arrivals, key=lambda one: one.tenant), key=lambda one: one.tenant):
        batch = list(run)
        clock.now = max(clock.now, batch[-1].at)
        runtime.take(tenant, [one.raw for one in batch], origin="desk")
        if draw.random() < 0.3:
            runtime.fold(draw.randint(1, 200))


def _arrivals(tenant: str, place: int, days: int, seed: int, draw: Random) -> Iterator[_Arrival]:
    """A tenant's story as it arrives: some late, some twice, some twice with other content, some broken."""
    brittle = 0
    for one in _story(place, days, seed):
        if tenant == NEWCOMER and one.at < START + DAY:
            continue
        late = draw.choice((HOUR, DAY, 3 * DAY)) if draw.random() < 0.08 else 0
        raw = one.raw
        if b'"row.edited"' in raw and brittle < 2 and draw.random() < 0.05:
            raw, brittle = raw.replace(b"row.edited", BRITTLE_NAME.encode()), brittle + 1
        yield _Arrival(one.at + late, tenant, raw)
        chance = draw.random()
        if chance < 0.03:
            yield _Arrival(one.at + late + draw.randint(1, DAY), tenant, raw)
        elif chance < 0.033:
            yield _Arrival(one.at + late + HOUR, tenant, raw.replace(b'"time":"2026', b'"time":"2025'))
        elif chance < 0.04:
            yield _Arrival(one.at + late, tenant, draw.choice(_BROKEN))


def _story(place: int, days: int, seed: int) -> Sequence[Said]:
    accounts = SIZES[place]
    tickets = max(2, accounts * days // 5)
    return Story(seed * 100 + place, days=days, tickets=tickets, accounts=accounts, usage_a_day=4).said


def _bring_history(runtime: Embedded, clock: _Clock, days: int, seed: int) -> None:
    clock.now = START + DAY
    past = [one.raw for one in _story(TENANTS.index(NEWCOMER), days, seed) if one.at < START + DAY]
    runtime.record(NEWCOMER, BackfillStarted(name="past", clock="live"), id="started", occurred_at=START - DAY)
    runtime.take(NEWCOMER, past, origin="past", backfill=True)
    runtime.record(NEWCOMER, BackfillEnded(name="past", records=len(past)), id="ended", occurred_at=START + DAY)
    runtime.fold_all()
    clock.now = START - 2 * DAY
