"""A step that raises is left out, says so in the journal, and costs nothing else; now and in every rebuild."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processors.contract import Context, Emit, Output, Processor, Timer
from replay.rebuild import rebuild
from schemas.emitted import TicketClassified
from schemas.event import Event
from schemas.system import RecordRedriven, RecordRefused
from schemas.usage import UsageRecorded
from streams.breaker import MOST_CONSECUTIVE, BreakerOpen
from streams.embedded import Embedded
from streams.fold_store import MemoryFoldStore
from streams.partition import partition_of
from streams.state_hash import state_hash
from tests.streams.records import NOW, used
from tests.streams.tiny import passed_on, scripted, word

BOTH = (UsageRecorded, TicketClassified)
SECONDS = 1_000_000
Catalog = Sequence[Processor[Any]]


def counting(
    name: str, *, version: int = 1, key: Callable[[Event], str] = lambda _: "one", context: bool = False
) -> Processor[Any]:
    """Writes down what it steps; version 1 raises at `fail in NAME`, and at what that sets off."""

    def answer(state: list[str], event: Event, _context: Context) -> Sequence[Output]:
        said = word(event)
        if version == 1 and said.endswith(f"fail in {name}") and not said.startswith(("emit ", "wake ")):
            raise ZeroDivisionError(said)
        state.append(said)
        if said.startswith("emit ") and not context:
            return (Emit(passed_on(said.removeprefix("emit "))),)
        if said.startswith("wake "):
            return (Timer(said.removeprefix("wake "), event.occurred_at + SECONDS),)
        return ()

    return scripted(name, answer, key=key, consumes=BOTH, version=version, context=context)


def failing_key(event: Event) -> str:
    if word(event) == "keyless":
        raise KeyError("no key")
    return "one"


CATALOG: Catalog = (counting("a"), counting("b"), counting("c", key=failing_key), counting("ctx", context=True))


class Home:
    """An embedded runtime over a folder, with a clock that stands still until it is moved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.opened: Embedded | None = None

    def open(self, catalog: Catalog = CATALOG) -> Embedded:
        self.close()
        self.opened = Embedded(self.folder, catalog, clock=lambda: self.now)
        return self.opened

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()
            self.opened = None


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.close()


def take(runtime: Embedded, *names: str, tenant: str = "acme", first: int = 0) -> None:
    """Takes a usage event of each name."""
    raws = [used(f"e-{first + number}").replace(b"report", name.encode()) for number, name in enumerate(names)]
    assert {one.status for one in runtime.take(tenant, raws)} == {"accepted"}


def cell(runtime: Embedded, processor: str, tenant: str = "acme") -> list[str]:
    """What a processor wrote down."""
    parts = {each.processor: parts for each, parts in runtime.store.cells(tenant)}.get(processor)
    return [] if parts is None else msgspec.msgpack.decode(parts[""], type=list[str])


def refusals(runtime: Embedded, tenant: str = "acme") -> list[tuple[int, str, str]]:
    return [
        (event.data.refused_position, event.data.processor, event.data.stepped)
        for event in runtime.log.refusals(tenant)
        if isinstance(event.data, RecordRefused)
    ]


def rebuilt_hash(runtime: Embedded, catalog: Catalog = CATALOG) -> str:
    store = MemoryFoldStore()
    ends = {tenant: runtime.engine.position(tenant) for tenant in runtime.log.tenants()}
    result = rebuild(runtime.log, catalog, store, ends)
    assert result.refusals == []
    return state_hash(store, catalog)


FAILURES = {
    "a record": (["x", "fail in a", "y"], (2, "a", "usage.recorded"), "a"),
    "a record in context": (["x", "fail in ctx", "y"], (2, "ctx", "usage.recorded"), "ctx"),
    "an emitted event": (["x", "emit fail in b", "y"], (2, "b", "ticket.classified"), "b"),
    "a key": (["x", "keyless", "y"], (2, "c", "usage.recorded"), "c"),
    "the first": (["fail in a", "x", "y"], (1, "a", "usage.recorded"), "a"),
    "the last": (["x", "y", "fail in a"], (3, "a", "usage.recorded"), "a"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_only_the_failing_step_is_left_out(home: Home, case: str) -> None:
    names, refused, failing = FAILURES[case]
    runtime = home.open()
    take(runtime, *names)
    runtime.fold_all()
    assert refusals(runtime) == [refused]
    (letter,) = runtime.log.letters("acme")
    assert letter.reason == "step_failed"
    assert letter.event_id == f"e-{refused[0] - 1}"
    everything = cell(home.open([counting(name, version=2) for name in ("a", "b", "c", "ctx")]), "nobody")
    assert everything == []
    runtime = home.open()
    for name in ("a", "b", "c", "ctx"):
        heard = [word_ for word_ in cell(runtime, name) if not word_.startswith("emitted")]
        left_out = {names[refused[0] - 1]} if name == failing and refused[2] == "usage.recorded" else set()
        assert heard == [each for each in names if each not in left_out]
    assert ("emitted fail in b" in cell(runtime, "a")) is (case == "an emitted event")
    assert "emitted fail in b" not in cell(runtime, "b")


def test_a_failing_timer_is_left_out(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x", "wake fail in a")
    home.now += 10 * SECONDS
    runtime.fold_all()
    assert refusals(runtime) == [(3, "a", "timer fail in a")]
    assert cell(runtime, "a") == ["x", "wake fail in a"]
    assert cell(runtime, "b") == ["x", "wake fail in a", "timer fail in a"]


def test_other_tenants_of_the_batch_are_folded(home: Home) -> None:
    runtime = home.open()
    for number in range(3):
        take(runtime, "x", "fail in a", tenant="acme", first=10 * number)
        take(runtime, "y", tenant="zoo", first=10 * number)
    runtime.fold_all()
    assert cell(runtime, "a", "zoo") == ["y"] * 3
    assert cell(runtime, "a") == ["x"] * 3
    assert [position for position, _, _ in refusals(runtime)] == [2, 4, 6]


def test_a_restart_and_a_rebuild_leave_out_the_same(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x", "fail in a", "keyless", "emit fail in b", "wake fail in a", "fail in ctx", "y")
    home.now += 10 * SECONDS
    runtime.fold_all()
    expected = state_hash(runtime.store, CATALOG)
    assert len(refusals(runtime)) == 5
    assert rebuilt_hash(runtime) == expected
    runtime = home.open()
    take(runtime, "z", first=20)
    runtime.fold_all()
    assert len(refusals(runtime)) == 5
    assert rebuilt_hash(runtime) == state_hash(runtime.store, CATALOG) != expected


def test_another_version_is_asked_again(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x", "fail in a", "y")
    runtime.fold_all()
    repaired: Catalog = (counting("a", version=2), *CATALOG[1:])
    store = MemoryFoldStore()
    rebuild(runtime.log, repaired, store, {"acme": runtime.engine.position("acme")})
    parts = {each.processor: parts for each, parts in store.cells("acme")}["a"]
    assert msgspec.msgpack.decode(parts[""]) == ["x", "fail in a", "y"]


def test_a_rebuild_keeps_refusals_that_the_journal_does_not_know_to_itself(home: Home) -> None:
    sound: Catalog = (counting("a", version=2), *CATALOG[1:])
    runtime = home.open(sound)
    take(runtime, "x", "fail in a", "y", "fail in a")
    runtime.fold_all()
    end = runtime.log.end("acme")
    store = MemoryFoldStore()
    result = rebuild(runtime.log, CATALOG, store, {"acme": end})
    assert [(failure.position, failure.step.processor) for failure in result.refusals] == [(2, "a"), (4, "a")]
    assert result.records == 4
    assert runtime.log.end("acme") == end
    header = store.header("acme")
    assert header is not None
    assert header.position == 4


def redrive(runtime: Embedded) -> None:
    """Sends the only dead letter again, as an operator does."""
    (letter,) = runtime.log.letters("acme")
    (event,) = runtime.log.refusals("acme")
    assert isinstance(event.data, RecordRefused)
    stepped = runtime.privacy.open_letter("acme", letter.letter, letter.raw)
    assert stepped is not None
    again = RecordRedriven(
        refused_position=event.data.refused_position,
        processor=event.data.processor,
        key=event.data.key,
        event=stepped.decode(),
    )
    runtime.record("acme", again, id="again")


@pytest.mark.parametrize(
    ("names", "failing", "heard"),
    [
        (["x", "fail in a", "y"], "a", ["x", "y", "fail in a"]),
        (["x", "fail in ctx", "y"], "ctx", ["x", "y", "fail in ctx"]),
        (["x", "emit fail in b", "y"], "b", ["x", "emit fail in b", "y", "emitted fail in b"]),
        (["x", "wake fail in a", "y"], "a", ["x", "wake fail in a", "y", "timer fail in a"]),
    ],
)
def test_what_is_redriven_is_stepped_where_it_was_left_out_and_nowhere_else(
    home: Home, names: list[str], failing: str, heard: list[str]
) -> None:
    runtime = home.open()
    take(runtime, *names)
    home.now += 10 * SECONDS
    runtime.fold_all()
    before = {name: cell(runtime, name) for name in ("a", "b", "c", "ctx")}
    repaired: Catalog = [counting(name, version=2, context=name == "ctx") for name in ("a", "b", "c", "ctx")]
    runtime = home.open(repaired)
    redrive(runtime)
    runtime.fold_all()
    after = {name: cell(runtime, name) for name in ("a", "b", "c", "ctx")}
    assert after == before | {failing: heard}


def test_a_processor_that_always_fails_stops_the_fold_and_loses_nothing(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x", *["fail in a"] * 80, "y")
    with pytest.raises(BreakerOpen):
        runtime.fold_all()
    assert len(refusals(runtime)) == MOST_CONSECUTIVE - 1
    with pytest.raises(BreakerOpen):
        runtime.fold_all()
    take(runtime, "z", first=500)
    repaired: Catalog = (counting("a", version=2), *CATALOG[1:])
    runtime = home.open(repaired)
    runtime.fold_all()
    assert runtime.backlog() == 0
    names = ["x", *["fail in a"] * 80, "y", "z"]
    assert cell(runtime, "b") == names
    # What was refused before stays out until it is redriven.
    assert cell(runtime, "a") == ["x", *["fail in a"] * (80 - MOST_CONSECUTIVE + 1), "y", "z"]


def test_an_open_breaker_stops_its_partition_and_no_other(home: Home) -> None:
    runtime = home.open()
    stopped, others = partition_of("acme", runtime.log.partitions), ["beta", "gamma", "delta"]
    assert all(partition_of(tenant, runtime.log.partitions) != stopped for tenant in others)
    for number in range(80):
        take(runtime, "fail in a", first=number)
        for tenant in others:
            take(runtime, f"word {number}", tenant=tenant, first=number)
    with pytest.raises(BreakerOpen):
        runtime.fold_all()
    assert list(runtime.breakers.stopped) == [stopped]
    for tenant in others:
        assert len(cell(runtime, "a", tenant)) == 80
    take(runtime, "afterwards", tenant="beta", first=500)
    assert runtime.backlog() == 1
    assert runtime.fold() == 1
    assert cell(runtime, "a", "beta")[-1] == "afterwards"
    assert runtime.backlog() == 0


def test_a_save_that_fails_is_done_again_from_what_is_saved(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x", "y")
    runtime.fold_all()
    with closing(sqlite3.connect(home.folder / "millrace.db")) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON cells BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    take(runtime, "z", first=10)
    with pytest.raises(sqlite3.DatabaseError, match="disk full"):
        runtime.fold_all()
    assert cell(runtime, "a") == ["x", "y"]
    take(runtime, "later", first=20)
    with closing(sqlite3.connect(home.folder / "millrace.db")) as other:
        other.execute("DROP TRIGGER full")
    runtime.fold_all()
    assert cell(runtime, "a") == ["x", "y", "z", "later"]
    assert rebuilt_hash(runtime) == state_hash(runtime.store, CATALOG)


def test_timers_of_one_instant_are_ticked_though_the_clock_stands_still(home: Home) -> None:
    runtime = home.open()
    for number in range(3):
        take(runtime, f"wake {number}", first=number)
        home.now = NOW + 10 * SECONDS
        runtime.fold_all()
    assert [each for each in cell(runtime, "a") if each.startswith("timer")] == ["timer 0", "timer 1", "timer 2"]


def test_what_cannot_be_read_is_refused_when_it_is_redriven(home: Home) -> None:
    runtime = home.open()
    take(runtime, "x")
    runtime.record("acme", RecordRedriven(refused_position=1, processor="a", key="one", event="no event"), id="again")
    take(runtime, "y", first=10)
    runtime.fold_all()
    assert refusals(runtime) == [(2, "a", "record.redriven")]
    assert cell(runtime, "a") == ["x", "y"]
    assert rebuilt_hash(runtime) == state_hash(runtime.store, CATALOG)
