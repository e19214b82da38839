"""Why a clock stands where it stands: its segments follow one another, and those that counted are what was used."""

from __future__ import annotations

from typing import TypeVar

import pytest

from processors.contract import Processor
from processors.sla import SLA, SlaState
from processors.sla_why import Why, why_clocks
from schemas.facts import SlaClock
from schemas.instant import SECOND
from streams.batch import CellId
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from tests.sla.desk import CATALOG, TENANT
from tests.sla.oracle_cases import desk_case
from tests.sla.plain_story import Week, calendar, promise, promises, told

S = TypeVar("S")
DESKS = 25


class Saved:
    """What a store holds, as a context."""

    tenant = TENANT
    position = 0
    backfilling = False

    def __init__(self, store: MemoryFoldStore, clock: int) -> None:
        self._store = store
        self.clock = clock

    def read(self, processor: Processor[S], key: str) -> S | None:
        parts = self._store.cell(TENANT, CellId(processor.name, key))
        return None if parts is None else processor.decode(parts)


def folded(seed: str) -> tuple[MemoryFoldStore, int]:
    case = desk_case(seed)
    store = MemoryFoldStore()
    engine = Engine(CATALOG, store)
    store.save([engine.push(TENANT, case.journal())])
    return store, case.now


def assert_sums(why: Why) -> None:
    assert sum(one.counted_us for one in why.segments) == why.reading.elapsed_us
    assert why.reading.elapsed_us / SECOND == why.fact.elapsed_seconds
    place = why.wait.started_at
    for one in why.segments:
        assert one.started_at == place
        assert one.counted_us in (0, one.ended_at - one.started_at)
        assert one.event_id
        place = one.ended_at
    if why.segments:
        assert place == max(why.reading.read_at, why.segments[-1].started_at)


@pytest.mark.parametrize("number", range(DESKS))
def test_segments_of_invented_desks_sum_to_what_their_facts_say(number: int) -> None:
    store, now = folded(f"why:{number}")
    context = Saved(store, now)
    facts = {
        (fact.ticket, fact.clock, fact.cycle): fact
        for fact in store.current.get(TENANT, {}).values()
        if isinstance(fact, SlaClock)
    }
    explained = 0
    for cell, parts in store.cells(TENANT):
        if cell.processor != SLA.name:
            continue
        for why in why_clocks(SLA.decode(parts), context):
            assert why.fact == facts[cell.key, why.fact.clock, why.fact.cycle]
            assert_sums(why)
            explained += 1
        assert_counts_on(SLA.decode(parts), context)
    assert explained or not facts


def assert_counts_on(state: SlaState, context: Saved) -> None:
    """What still waits is counted on to now, from where its fact stands; all else stays as it is."""
    for why, later in zip(why_clocks(state, context), why_clocks(state, context, read_now=True), strict=True):
        assert_sums(later)
        if why.wait.ended_at is not None or later.fact == why.fact:
            assert later == why
            continue
        assert later.reading.read_at == context.clock
        # The last piece may have grown.
        assert later.segments[: max(0, len(why.segments) - 1)] == why.segments[:-1]
        assert (later.reading.reached, later.reading.due_at) == (why.reading.reached, why.reading.due_at)


def test_each_piece_names_its_rule_its_event_and_the_versions_it_was_counted_by() -> None:
    week = Week()
    office = calendar("office", "Europe/Vienna", "08:00-17:00", holidays={"2026-06-04": ""})
    said = promises(promise("all", "resolution 8 h, paused on pending", calendar="office"))
    desk = told(week, [office, said], "mon 16:00 open; tue 09:00 status pending; tue 10:00 status open; tue 11:00", {})
    (why,) = why_clocks(desk.cell(), desk.engine.fold_of(TENANT))
    pieces = [(week.shown(one.started_at), one.counted_us // SECOND, one.rule, one.event_id) for one in why.segments]
    assert (why.calendar_by, why.policy_by) == ("e1", "e2")  # the first two events are the settings
    opened, paused = why.segments[0].event_id, why.segments[3].event_id
    assert (opened, paused) == (why.wait.started_by, desk.cell().entries[1].event_id)
    assert pieces == [
        ("mon 16:00", 3600, "new: counted", opened),
        ("mon 17:00", 0, "new: calendar office is closed", opened),
        ("tue 08:00", 3600, "new: counted", opened),
        ("tue 09:00", 0, "pending: paused", paused),
    ]
    assert why.promise.calendar_named == why.fact.calendar
    (later,) = why_clocks(desk.cell(), desk.engine.fold_of(TENANT), read_now=True)
    assert later.segments[:-1] == why.segments
    ((began, counted, rule, _),) = [
        (week.shown(one.started_at), one.counted_us // SECOND, one.rule, one.event_id) for one in later.segments[-1:]
    ]
    assert (began, counted, rule) == ("tue 10:00", 3600, "open: counted")


def test_a_calendar_that_nobody_defined_is_named() -> None:
    said = promises(promise("all", "resolution 8 h", calendar="ghost"))
    desk = told(Week(), [said], "mon 16:00 open", {})
    (why,) = why_clocks(desk.cell(), desk.engine.fold_of(TENANT))
    assert (why.fact.calendar, why.promise.calendar_named) == ("always", "ghost")
