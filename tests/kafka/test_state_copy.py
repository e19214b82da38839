"""The copy of what workers save tells of a cell what their table tells, and begins again where that was made anew."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from infra.home import Home
from infra.kafka import cells as cells_module
from infra.kafka.cells import CopiedCells
from processors.catalog import PROCESSORS
from processors.tickets import TICKETS
from processors.usage import USAGE
from streams.batch import CellId
from streams.cells import looked_up
from streams.engine import Engine
from streams.fold_store import MemoryFoldStore
from streams.kafka.address import Address
from streams.kafka.client import admin, partitions_of, producer
from streams.kafka.following import Place, Record
from streams.kafka.state_copy import StateCopy
from streams.kafka.state_topic import prepare_state_topic, state_topic
from streams.kafka.topics import apply_topics
from streams.table_store import Change, MemoryRows, TableStore, looked_up_rows
from tests.patience import wait_until
from tests.streams.test_table_store import fold_on, journal

PLACE = Place("state", "first", 0)
_PATIENCE_SECONDS = 60.0


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[StateCopy]:
    made = StateCopy(tmp_path / "cells.db", PROCESSORS)
    yield made
    made.close()


def records(changes: Iterable[Change], first: int = 0, place: Place = PLACE) -> list[Record]:
    return [Record(place, offset, key, value or b"") for offset, (key, value) in enumerate(changes, first)]


@cache
def wanted() -> tuple[CellId, ...]:
    """Every cell that is looked up and that there is in the end."""
    rows, names = MemoryRows(), looked_up(PROCESSORS)
    fold_on(rows, 50)
    found = [cell for cell, _ in TableStore(rows, PROCESSORS).cells("acme") if cell.processor in names]
    assert len(found) > 10
    return tuple(found)


def told(store: StateCopy | TableStore) -> dict[CellId, Mapping[str, bytes] | None]:
    return {cell: store.cell("acme", cell) for cell in wanted()}


def test_it_tells_what_the_table_tells_after_each_batch(copy: StateCopy) -> None:
    changes = fold_on(MemoryRows(), 30)
    assert copy.is_empty()
    ends = [place for place, (key, _) in enumerate(changes, 1) if key.startswith(b"h")]
    assert len(ends) > 10
    table, at = MemoryRows(), 0
    for end in ends:
        table.write(changes[at:end])
        copy.take(records(changes[at:end], at))
        assert told(copy) == told(TableStore(table, PROCESSORS))
        at = end
    assert all(told(copy).values())
    assert not copy.is_empty()
    assert copy.cell("zoo", next(iter(told(copy)))) is None
    assert copy.cell("acme", CellId(USAGE.name, "A")) is None


def test_what_a_flink_job_lets_others_read_is_the_same_and_who_is_further_counts(copy: StateCopy) -> None:
    rows, names = MemoryRows(), looked_up(PROCESSORS)
    fold_on(rows, 30)
    expected = told(TableStore(rows, PROCESSORS))
    engine, place = Engine(PROCESSORS, MemoryFoldStore()), Place("cells", "other", 0)
    # What workers folded halfway, before the log was given to a job.
    copy.take(records(fold_on(MemoryRows(), 30, 400)))
    assert told(copy) != expected
    for at in range(0, len(journal()), 70):
        copy.take(records(looked_up_rows(engine.push("acme", journal()[at : at + 70]), names), at, place))
    assert told(copy) == expected
    assert copy.begins(place) is not None
    assert copy.begins(Place("cells", "made anew", 0)) == 0
    assert told(copy) != expected


def test_rows_of_a_replaced_writer_that_come_late_change_nothing(copy: StateCopy) -> None:
    rows = MemoryRows()
    late = fold_on(rows, 29, 300)
    after = fold_on(rows, 41)
    copy.take(records([*late, *after]))
    known = told(copy)
    assert all(known.values())
    copy.take(records(late[-60:], len(late) + len(after)))
    assert told(copy) == known


def test_it_goes_on_where_it_ended_and_anew_where_the_topic_is_another(tmp_path: Path) -> None:
    changes = fold_on(MemoryRows(), 30)
    path = tmp_path / "cells.db"
    first = StateCopy(path, PROCESSORS)
    assert first.begins(PLACE) == 0
    first.take(records(changes))
    first.close()
    again = StateCopy(path, PROCESSORS)
    assert again.begins(PLACE) == len(changes)
    assert again.begins(Place("state", "first", 1)) == 0
    assert all(told(again).values())
    assert again.begins(Place("state", "second", 0)) == 0
    assert again.is_empty()
    again.take(records(changes, 0, Place("state", "second", 0)))
    again.close()
    others = StateCopy(path, [one for one in PROCESSORS if one is not TICKETS])
    assert others.begins(Place("state", "second", 0)) == 0
    assert others.is_empty()
    others.close()


def write(log: Address, changes: Iterable[Change]) -> None:
    writer = producer(log)
    for key, value in changes:
        writer.produce(state_topic(log), value, key, 0)
    assert writer.flush(30) == 0


@pytest.fixture
def copied(address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CopiedCells]:
    monkeypatch.setattr(cells_module, "_LOOKED_EVERY_SECONDS", 0.1)
    apply_topics(address)
    made = CopiedCells(address, Home(tmp_path), lambda: None)
    yield made
    made.stop()
    made.close()


def test_a_server_follows_what_workers_save_from_when_they_do(address: Address, copied: CopiedCells) -> None:
    copied.look_after()
    assert copied.fed() == []
    assert "with `millrace serve`" in (copied.lacking() or "")
    changes = fold_on(MemoryRows(), 30)
    tickets = [cell for cell in wanted() if cell.processor == TICKETS.name]

    def follows() -> bool:
        copied.look_after()
        return all(copied.cell("acme", cell) for cell in tickets)

    prepare_state_topic(address)
    write(address, changes)
    wait_until(follows, _PATIENCE_SECONDS)
    assert copied.lacking() is None
    ((follower, _),) = copied.fed()
    assert follower.drain(_PATIENCE_SECONDS)
    # Workers that find it gone make it anew, and fold from the beginning.
    asked = admin(address)
    asked.delete_topics([state_topic(address)])[state_topic(address)].result(30)
    wait_until(lambda: not partitions_of(asked, state_topic(address)), _PATIENCE_SECONDS)
    prepare_state_topic(address)
    write(address, changes[:40])

    def begins_again() -> bool:
        copied.look_after()
        time.sleep(0.1)
        return not any(copied.cell("acme", cell) for cell in tickets[-3:])

    wait_until(begins_again, _PATIENCE_SECONDS)
    write(address, changes[40:])
    wait_until(follows, _PATIENCE_SECONDS)
