"""Where a partition is read on: never past a record that a tenant still needs, and never past one that is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from schemas.decode import encode
from streams.carriage import Beginning, encode_beginning
from streams.partition_fold import Outcome
from streams.runtimes.faust.partition import OpenPartition
from streams.runtimes.faust.table import DiskRows
from streams.table_store import MemoryRows
from tests.streams.test_partition_fold import CATALOG, Bench


class Fetched(NamedTuple):
    offset: int
    value: bytes


class Reader:
    """A partition over rows in memory, and the journal it is read from."""

    def __init__(self, most_held: int = 100) -> None:
        self.bench = Bench()
        self.rows = MemoryRows()
        self.most_held = most_held
        self.journal = [encode_beginning(Beginning(3, "writer", 0))]
        self.partition = self.open()

    def open(self) -> OpenPartition:
        """The partition as a worker finds it."""
        self.partition = OpenPartition(0, cast(DiskRows, self.rows), CATALOG, 1_000, self.most_held)
        self.rows.write([self.partition.store.claim()])
        return self.partition

    def write(self, tenant: str, *names: str) -> None:
        self.journal += [encode(event) for event in self.bench.write(tenant, *names)]

    def refuse(self, outcome: Outcome) -> None:
        """A sequencer writes what is said to be refused."""
        self.journal += [encode(self.bench.append(event)) for _, event in outcome.refusals]

    def fetched(self, first: int | None = None, end: int | None = None) -> list[Fetched]:
        start = self.partition.next_offset if first is None else first
        return [Fetched(start + number, value) for number, value in enumerate(self.journal[start:end])]

    def fold(self) -> Outcome:
        """One round over everything that is there, saved."""
        records = self.fetched()
        if records:
            self.partition.offer(records)
        _, outcome = self.partition.take(1_000)
        for batch in outcome.batches:
            changes = self.partition.store.changes(batch)
            self.rows.write([*changes.rows, changes.header])
            self.partition.store.saved(batch)
        place = self.partition.place
        self.rows.write([self.partition.store.placed(place.offset, place.carried)])
        return outcome

    def heard(self, tenant: str) -> Sequence[str]:
        for cell, parts in self.partition.store.cells(tenant):
            if cell.processor == "a":
                return cast(Sequence[str], CATALOG[0].decode(parts))
        return []


def test_the_place_stays_before_the_record_that_a_tenant_is_held_at() -> None:
    reader = Reader()
    reader.write("acme", "x", "fail a", "y")
    reader.write("zoo", "z")
    first = reader.fold()
    assert (reader.partition.place.offset, reader.partition.next_offset) == (2, 5)
    reader.write("zoo", "later")
    reader.fold()
    assert reader.partition.place.offset == 2
    reader.refuse(first)
    reader.fold()
    assert reader.partition.place.offset == len(reader.journal)
    assert (reader.heard("acme"), reader.heard("zoo")) == (["x", "y"], ["z", "later"])


def test_a_restart_reads_on_from_the_place_and_folds_nothing_twice() -> None:
    reader = Reader()
    reader.write("acme", "x", "fail a", "y")
    reader.write("zoo", "z")
    first = reader.fold()
    reader.refuse(first)
    reader.write("zoo", "later")
    reader.open()
    assert reader.partition.next_offset == 2
    for event in reader.bench.journal:
        reader.partition.fold.collect(event)
    outcome = reader.fold()
    assert outcome.refusals == []
    assert (reader.heard("acme"), reader.heard("zoo")) == (["x", "y"], ["z", "later"])


def test_a_tenant_held_too_long_is_read_again_and_late_fetches_are_passed_over() -> None:
    reader = Reader(most_held=2)
    reader.write("acme", "x", "fail a", "1", "2", "3")
    outcome = reader.fold()
    reader.refuse(outcome)
    outcome = reader.fold()
    assert outcome.rewind
    partition = reader.partition
    reader.write("acme", "4")
    late = reader.fetched()
    partition.restore()
    partition.rewinding = True
    assert partition.next_offset == 2
    assert partition.offer(late) == 0
    assert reader.fold().held == []
    assert reader.heard("acme") == ["x", "1", "2", "3", "4"]
    assert partition.place.offset == len(reader.journal)


def test_records_that_do_not_follow_are_asked_for_again() -> None:
    reader = Reader()
    reader.write("acme", "1", "2", "3", "4", "5")
    partition = reader.partition
    assert partition.offer(reader.fetched(end=2)) == 2
    # What came before counts for nothing, nor does what lies behind a hole: until the hole is filled.
    assert partition.offer(reader.fetched(first=1, end=2)[:1]) == 0
    assert not partition.rewinding
    for _ in range(2):
        assert partition.offer([Fetched(4, reader.journal[4])]) == 0
        assert partition.rewinding
    known = [Fetched(number, value) for number, value in enumerate(reader.journal)]
    assert partition.offer(known) == 4
    assert not partition.rewinding
    partition.take(1_000)
    assert partition.place.offset == len(reader.journal)


def test_records_of_a_replaced_writer_count_for_nothing() -> None:
    reader = Reader()
    reader.write("acme", "x")
    reader.fold()
    reader.journal.append(encode_beginning(Beginning(4, "writer", 0)))
    reader.write("acme", "zombie's")
    del reader.bench.journal[-1]
    reader.bench.ends["acme"] -= 1
    (event,) = reader.bench.write("acme", "y")
    reader.journal.append(encode(event.stamped(epoch=4)))
    reader.fold()
    assert reader.heard("acme") == ["x", "y"]
    assert (reader.partition.place.offset, reader.partition.place.carried) == (5, 4)
