"""A table whose rows are written one by one is as good as one that is written whole, wherever the writing ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.catalog import PROCESSORS
from schemas.event import Event
from schemas.instant import DAY
from streams.engine import Engine
from streams.failures import OutOfStep
from streams.state_hash import state_hash
from streams.table_store import EMPTY_KEPT_SECONDS, Change, MemoryRows, TableDamaged, TableStore, newer
from tests.laws.story import START, Story
from tests.laws.world import World, folded, hashed


@cache
def journal() -> tuple[Event, ...]:
    world = World()
    for one in Story(11, days=6, tickets=8).said:
        world.arrive(one.raw, one.at)
    world.wait_until(START + 12 * DAY)
    return tuple(world.journal())


@cache
def expected() -> str:
    return hashed(folded(journal(), repeat(50)))


def fold_on(rows: MemoryRows, size: int, stop_after: int | None = None) -> list[Change]:
    """Folds from what the rows hold, in batches; of the last one it stops after so many writes. What it wrote."""
    store = TableStore(rows, PROCESSORS)
    rows.write([store.claim()])
    engine = Engine(PROCESSORS, store, most_cells=40)
    written: list[Change] = []
    while (position := engine.position("acme")) < len(journal()):
        batch = engine.push("acme", journal()[position : position + size])
        changes = store.changes(batch)
        for change in (*changes.rows, changes.header):
            if stop_after is not None and len(written) >= stop_after:
                return written
            rows.write([change])
            written.append(change)
        store.saved(batch)
        engine.rest()
    return written


@pytest.mark.parametrize("size", [1, 13, 400])
def test_it_is_the_same_state(size: int) -> None:
    rows = MemoryRows()
    fold_on(rows, size)
    assert state_hash(TableStore(rows, PROCESSORS), PROCESSORS) == expected()


@given(st.lists(st.tuples(st.integers(1, 120), st.integers(0, 900)), max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_writer_may_end_after_any_row(lives: list[tuple[int, int]]) -> None:
    rows = MemoryRows()
    for size, writes in lives:
        fold_on(rows, size, writes)
    fold_on(rows, 37)
    assert state_hash(TableStore(rows, PROCESSORS), PROCESSORS) == expected()


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=4))
@settings(max_examples=10, deadline=None)
def test_rows_of_a_replaced_writer_that_come_late_change_nothing(ends: list[int]) -> None:
    late: list[Change] = []
    rows = MemoryRows()
    for end in ends:
        late += fold_on(rows, 29, end)[-60:]
    fold_on(rows, 41)
    # One that was paused ends its writing now.
    rows.write(late)
    assert state_hash(TableStore(rows, PROCESSORS), PROCESSORS) == expected()


@pytest.mark.parametrize(("step", "deletes"), [(0.0, False), (EMPTY_KEPT_SECONDS / 10, True)])
def test_rows_that_hold_nothing_are_deleted_after_a_while(step: float, deletes: bool) -> None:
    rows, now = MemoryRows(), 0.0
    store = TableStore(rows, PROCESSORS, lambda: now)
    engine = Engine(PROCESSORS, store)
    deleted = 0
    for place in range(0, len(journal()), 7):
        batch = engine.push("acme", journal()[place : place + 7])
        deleted += sum(value is None for _, value in store.changes(batch).rows)
        store.save([batch])
        now += step
    assert (deleted > 5) is deletes
    assert state_hash(store, PROCESSORS) == expected()


def test_a_batch_that_does_not_follow_is_refused() -> None:
    store = TableStore(MemoryRows(), PROCESSORS)
    first = Engine(PROCESSORS, store).push("acme", journal()[:10])
    again = Engine(PROCESSORS, store).push("acme", journal()[:20])
    store.save([first])
    with pytest.raises(OutOfStep):
        store.changes(again)


def test_rows_without_the_state_of_their_header_are_an_error() -> None:
    rows = MemoryRows()
    fold_on(rows, 100)
    headers: Sequence[tuple[bytes, bytes]] = list(rows.scan(b"hacme"))
    (key, value), *_ = headers
    early = MemoryRows()
    fold_on(early, 20, 150)
    ((_, old),) = early.scan(b"hacme")
    assert not newer(value, old)
    rows.write([(key, None), (key, old)])
    with pytest.raises(TableDamaged):
        state_hash(TableStore(rows, PROCESSORS), PROCESSORS)
