"""Law 4: the same journal gives the same state and facts, however it is cut, restarted, hashed or kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.catalog import PROCESSORS
from processors.contract import Processor
from schemas.decode import encode
from schemas.event import Event
from schemas.fact import Fact
from schemas.instant import DAY
from streams import cells
from streams.batch import CellId
from streams.database import Database
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.sqlite_store import SqliteFoldStore
from streams.state_hash import state_hash
from tests.laws.story import START, Story
from tests.laws.world import World, folded, hashed

REPOSITORY = Path(__file__).parent.parent.parent


@cache
def journal() -> tuple[Event, ...]:
    """A story as its door recorded it, ticks among it."""
    world = World()
    for one in Story(7, tickets=14).said:
        world.arrive(one.raw, one.at)
    world.wait_until(START + 20 * DAY)
    return tuple(world.journal())


@cache
def expected() -> MemoryFoldStore:
    return folded(journal(), repeat(1))


def known(store: MemoryFoldStore) -> tuple[object, ...]:
    """Everything that must be the same: state, current facts, history, alerts by id and body."""
    return hashed(store), store.current, store.history, {id_: one.body for id_, one in store.alerts["acme"].items()}


def test_what_is_worked_out_ahead_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = [type(one) for one in PROCESSORS if type(one).prepare is not Processor.prepare]
    assert ahead
    together = known(folded(journal(), repeat(2_000)))
    for processor in ahead:
        monkeypatch.setattr(processor, "prepare", Processor.prepare)
    assert known(folded(journal(), repeat(2_000))) == together


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.booleans())
@settings(max_examples=25, deadline=None)
def test_batches_and_restarts_change_nothing(sizes: list[int], restart: bool) -> None:
    def cut() -> Iterator[int]:
        yield from sizes
        yield from repeat(2_000)

    assert known(folded(journal(), cut(), restart=restart)) == known(expected())


@pytest.mark.parametrize("most_cells", [0, 5, 50])
def test_letting_go_of_cells_changes_nothing(most_cells: int) -> None:
    assert known(folded(journal(), repeat(3), most_cells=most_cells)) == known(expected())


@pytest.mark.parametrize("most_touched", [1, 20, 200])
@pytest.mark.parametrize("size", [3, 2_000])
def test_keeping_touched_cells_as_bytes_changes_nothing(
    most_touched: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = known(expected())
    monkeypatch.setattr(cells, "MOST_TOUCHED", most_touched)
    decoded: list[str] = []
    reads = cells.decoded

    def counted(processor: Processor[Any], cell: CellId, parts: Mapping[str, bytes]) -> Any:
        decoded.append(processor.name)
        return reads(processor, cell, parts)

    monkeypatch.setattr(cells, "decoded", counted)
    assert known(folded(journal(), repeat(size))) == before
    assert decoded or most_touched > 1


def test_a_fold_that_is_given_up_half_way_leaves_no_trace() -> None:
    store = MemoryFoldStore()
    engine = Engine(PROCESSORS, store)
    records = journal()
    for place in range(0, len(records), 17):
        part = records[place : place + 17]
        engine.push("acme", part)
        engine.forget("acme")
        store.save([engine.push("acme", part)])
    assert known(store) == known(expected())


def said_last(store: SqliteFoldStore) -> tuple[dict[str, Fact], list[tuple[str, Fact]]]:
    """The current facts and the history that an outbox tells, as a sink reads it."""
    current: dict[str, tuple[int, Fact | None]] = {}
    history: list[tuple[str, Fact]] = []
    for one in store.statements(0, 1_000_000):
        if one.fact is not None and one.fact.history:
            history.append((one.fact_id, one.fact))
        elif one.fact_id not in current or one.revision >= current[one.fact_id][0]:
            current[one.fact_id] = (one.revision, one.fact)
    return {id_: fact for id_, (_, fact) in current.items() if fact is not None}, history


@pytest.mark.parametrize("size", [1, 50, 2_000])
def test_on_disk_it_is_the_same_as_in_memory(size: int, tmp_path: Path) -> None:
    database = Database(tmp_path / "fold.db")
    store, records = SqliteFoldStore(database), journal()
    for place in range(0, len(records), size):
        engine = Engine(PROCESSORS, store)
        store.save([engine.push("acme", records[place : place + size])])
    memory = expected()
    assert state_hash(store, PROCESSORS) == hashed(memory)
    current, history = said_last(store)
    assert current == memory.current["acme"]
    assert history == memory.history["acme"]
    told = {alert.alert_id: (alert.body, gone) for _, _, alert, gone in store.alerts(0, 1_000_000)}
    assert told == {id_: (alert.body, alert.withdrawn) for id_, alert in memory.alerts["acme"].items()}
    database.close()


def withdrawn(size: int, folder: Path) -> dict[str, bool]:
    """Which alerts stand withdrawn at the end, in batches of a size; with late truth, so that some are."""
    database = Database(folder / f"fold-{size}.db")
    store, records = SqliteFoldStore(database), late_journal()
    engine = Engine(PROCESSORS, store)
    for place in range(0, len(records), size):
        store.save([engine.push("acme", records[place : place + size])])
    found = {alert.alert_id: gone for _, _, alert, gone in store.alerts(0, 1_000_000)}
    database.close()
    return found


@cache
def late_journal() -> Sequence[Event]:
    world = World()
    said = Story(3, tickets=14).said
    arrivals = [(one.at + (place % 3) * 2 * DAY, place) for place, one in enumerate(said)]
    for now, place in sorted(arrivals):
        world.arrive(said[place].raw, now)
    world.wait_until(START + 20 * DAY)
    return world.journal()


def test_what_is_withdrawn_does_not_depend_on_where_batches_end(tmp_path: Path) -> None:
    singly = withdrawn(1, tmp_path)
    assert any(singly.values())
    assert not all(singly.values())
    for size in (7, 100, 2_000):
        assert withdrawn(size, tmp_path) == singly


def test_the_hash_seed_changes_nothing() -> None:
    lines = b"\n".join(encode(event) for event in journal())
    found = []
    for seed in ("0", "4711"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)}
        command = [sys.executable, "-m", "tests.laws.told_hash"]
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, input=lines, capture_output=True, check=True)
        found.append(json.loads(done.stdout))
    assert found[0].pop("seeded") != found[1].pop("seeded")
    assert found[0] == found[1]
    assert found[0]["state"] == hashed(expected())
