"""What a runtime is told to do with a partition's records: save, say, hold a tenant back, go on, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from processors.contract import Context, Output, Processor, Timer
from schemas.decode import decode, encode
from schemas.event import Event
from schemas.instant import MINUTE
from streams.breaker import MOST_CONSECUTIVE
from streams.checked import own_event
from streams.embedded import Embedded
from streams.engine import Engine
from streams.failures import JournalGap
from streams.fold_store import MemoryFoldStore
from streams.partition_fold import Outcome, PartitionFold
from streams.state_hash import state_hash
from tests.streams.records import used
from tests.streams.tiny import START, said, scripted, word

Catalog = Sequence[Processor[Any]]


def counting(name: str, version: int = 1) -> Processor[Any]:
    """Writes down what it steps; version 1 raises at `fail` and sets a timer at `wake`."""

    def answer(state: list[str], event: Event, _context: Context) -> Sequence[Output]:
        if version == 1 and word(event).startswith(f"fail {name}"):
            raise ZeroDivisionError
        state.append(word(event))
        return (Timer("due", event.occurred_at + MINUTE),) if word(event) == "wake" else ()

    return scripted(name, answer, version=version)


CATALOG: Catalog = (counting("a"), counting("b"))


class Bench:
    """A partition whose journal is a list: what is said to be refused is written there, as a sequencer would."""

    def __init__(self, catalog: Catalog = CATALOG, **how: Any) -> None:
        self.store = MemoryFoldStore()
        self.engine = Engine(catalog, self.store)
        self.fold = PartitionFold(0, self.engine, **how)
        self.ends: dict[str, int] = {}
        self.journal: list[Event] = []

    def write(self, tenant: str, *names: str) -> list[Event]:
        """Records of a tenant, appended to the journal."""
        return [self.append(own_event(tenant, said(name), START, f"e-{len(self.journal)}")) for name in names]

    def append(self, event: Event) -> Event:
        position = self.ends[event.tenant] = self.ends.get(event.tenant, 0) + 1
        event.stamped(position=position, recorded_at=event.occurred_at, epoch=3, intake=f"usage:{len(self.journal)}")
        self.journal.append(event)
        return event

    def take(self, *records: Event) -> Outcome:
        outcome = self.fold.take(records)
        self.store.save(outcome.batches)
        return outcome

    def heard(self, tenant: str, processor: str = "a") -> list[str]:
        """What a processor wrote down of a tenant."""
        for cell, parts in self.store.cells(tenant):
            if cell.processor == processor:
                heard: list[str] = counting(processor).decode(parts)
                return heard
        return []


def test_records_of_many_tenants_become_one_batch_each() -> None:
    bench = Bench()
    outcome = bench.take(*bench.write("acme", "x"), *bench.write("zoo", "y"), *bench.write("acme", "z"))
    assert [(batch.tenant, batch.after, batch.header.position) for batch in outcome.batches] == [
        ("acme", 0, 2),
        ("zoo", 0, 1),
    ]
    assert (bench.heard("acme"), bench.heard("zoo")) == (["x", "z"], ["y"])


def test_what_was_seen_is_passed_over_and_a_gap_is_an_error() -> None:
    bench = Bench()
    records = bench.write("acme", "x", "y", "z")
    bench.take(*records[:2])
    assert bench.take(*records).batches[0].after == 2
    assert bench.take(*records).batches == []
    assert bench.heard("acme") == ["x", "y", "z"]
    bench.write("acme", "lost")
    with pytest.raises(JournalGap):
        bench.take(*bench.write("acme", "too far"))


def test_a_tenant_whose_step_raises_is_held_back_until_that_is_read_in_the_journal() -> None:
    bench = Bench()
    records = bench.write("acme", "x", "fail a", "y")
    outcome = bench.take(*records, *bench.write("zoo", "z"))
    assert [batch.header.position for batch in outcome.batches] == [1, 1]
    assert outcome.held == [records[1]]
    ((letter, refused),) = outcome.refusals
    assert bench.fold.held_back == {"acme": 2}
    assert bench.take(*bench.write("acme", "later")).batches == []
    # The refusal of another record releases nobody.
    other = refused.model_copy(update={"data": refused.data.model_copy(update={"refused_position": 1})})
    assert bench.take(bench.append(other)).released == []
    outcome = bench.take(bench.append(refused), *bench.write("acme", "last"))
    assert outcome.released == ["acme"]
    assert bench.fold.held_back == {}
    assert bench.heard("acme") == ["x", "y", "later", "last"]
    assert bench.heard("acme", "b") == ["x", "fail a", "y", "later", "last"]
    assert (letter.reason, letter.tenant, letter.event_id) == ("step_failed", "acme", records[1].id)


def test_what_is_said_of_a_failure_is_the_same_after_a_restart_and_embedded(tmp_path: Any) -> None:
    runtime = Embedded(tmp_path, CATALOG, clock=lambda: START)
    runtime.take("acme", [used("e-1").replace(b"report", b"fail a")])
    runtime.fold_all()
    (event,) = runtime.log.read("acme", 0, 1)
    (kept,) = runtime.log.letters("acme")
    refused = runtime.log.refusals("acme")[0]
    runtime.close()
    for epoch in (1, 2):
        outcome = Bench().take(event.model_copy(update={"epoch": epoch, "intake": f"usage:{epoch}"}))
        ((letter, said_of_it),) = outcome.refusals
        assert letter.letter == kept.letter
        assert letter._replace(raw=b"", kept_at=0) == kept._replace(raw=b"", kept_at=0)
        assert decode(letter.raw).data == event.data
        assert (said_of_it.id, said_of_it.data) == (refused.id, refused.data)
        assert decode(encode(said_of_it)).data == said_of_it.data


def test_refusals_that_lie_ahead_are_left_out_at_once() -> None:
    bench = Bench()
    records = bench.write("acme", "x", "fail a", "y")
    ((_, refused),) = bench.take(*records).refusals
    records.append(bench.append(refused))
    for collected in (True, False):
        again = Bench()
        if collected:
            again.fold.collect(refused)
        parts = [records[:3], records[3:]] if collected else [records]
        for part in parts:
            assert again.take(*part).refusals == []
        assert again.heard("acme") == ["x", "y"]
        assert again.engine.position("acme") == 4


def test_what_is_too_much_to_keep_is_read_again() -> None:
    bench = Bench(most_held=3)
    records = bench.write("acme", "x", "fail a", "1", "2", "3", "4")
    ((_, refused),) = bench.take(*records[:4]).refusals
    bench.take(*records[4:])
    outcome = bench.take(bench.append(refused))
    assert outcome.rewind
    assert outcome.batches == []
    bench.fold.rewind()
    bench.take(*bench.journal[1:])
    assert bench.heard("acme") == ["x", "1", "2", "3", "4"]


def test_one_record_may_fail_twice() -> None:
    bench = Bench((counting("a"), counting("a2")))
    records = bench.write("acme", "fail a2", "x")
    ((_, first),) = bench.take(*records).refusals
    outcome = bench.take(bench.append(first))
    assert outcome.released == ["acme"]
    assert outcome.held == [records[0]]
    ((_, second),) = outcome.refusals
    bench.take(bench.append(second))
    assert (bench.heard("acme"), bench.heard("acme", "a2")) == (["x"], ["x"])


def test_a_bounded_fold_goes_on_and_tells_what_it_left_out() -> None:
    bench = Bench(bounded=True)
    outcome = bench.take(*bench.write("acme", "x", "fail a", "fail b", "y"))
    assert [(failure.position, failure.step.processor) for failure in outcome.failures] == [(2, "a"), (3, "b")]
    assert outcome.refusals == []
    assert bench.heard("acme") == ["x", "fail b", "y"]
    assert bench.heard("acme", "b") == ["x", "fail a", "y"]


def test_too_many_failures_stop_the_partition_and_say_no_more() -> None:
    bench = Bench()
    outcomes = [bench.take(*bench.write(f"t-{number}", "fail a")) for number in range(MOST_CONSECUTIVE)]
    assert [outcome.stopped is not None for outcome in outcomes] == [False] * (MOST_CONSECUTIVE - 1) + [True]
    assert sum(len(outcome.refusals) for outcome in outcomes) == MOST_CONSECUTIVE - 1


def test_a_tenant_tells_when_it_is_to_be_woken() -> None:
    bench = Bench()
    assert [(wait.due, wait.position) for wait in bench.take(*bench.write("acme", "x")).waits] == [(None, 1)]
    assert bench.take(*bench.write("acme", "y")).waits == []
    (wait,) = bench.take(*bench.write("acme", "wake")).waits
    assert (wait.tenant, wait.due, wait.position, wait.clock) == ("acme", START + MINUTE, 3, START)
    # A position is news while something waits: only at the journal's end may it be ticked.
    assert [wait.position for wait in bench.take(*bench.write("acme", "z")).waits] == [4]
    tick = own_event("acme", said("later"), START + 2 * MINUTE, "e-later")
    assert [(wait.due, wait.position) for wait in bench.take(bench.append(tick)).waits] == [(None, 5)]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_where_records_are_cut_changes_nothing(size: int) -> None:
    whole = Bench()
    names = ["x", "fail a", "wake", "y", "fail b", "z"]
    records = [record for name in names for tenant in ("acme", "zoo") for record in whole.write(tenant, name)]
    waiting = list(records)
    while waiting:
        outcome = whole.take(*waiting[:size])
        waiting = waiting[size:] + [whole.append(refused) for _, refused in outcome.refusals]
    again = Bench()
    for event in whole.journal:
        again.fold.collect(event)
    for event in whole.journal:
        again.take(event)
    assert whole.fold.held_back == {}
    assert state_hash(again.store, CATALOG) == state_hash(whole.store, CATALOG)
    assert replace(again.store.header("acme")) == whole.store.header("acme")  # type: ignore[type-var]
