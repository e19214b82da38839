"""Seen ids: the same verdicts as a plain dict, through runs, expiry, rollbacks and reopening."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.id_filter import IdFilter
from streams.id_runs import Run, RunReader, drop_run, found_in, prefixes_of, read_run, record_of, write_run
from streams.seen_ids import Entry, SeenIds, Verdict

NEW, DUPLICATE, CONFLICT = Verdict.NEW, Verdict.DUPLICATE, Verdict.CONFLICT
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["acme", "a", "ac"]),
        st.sampled_from(["/web", "me/web", ""]),
        st.integers(0, 40).map(lambda number: f"id-{number}"),
        st.sampled_from([b"content1", b"content2"]),
    ),
    max_size=12,
)


class Add(NamedTuple):
    entries: list[Entry]
    later_us: int
    is_usage: bool


class Expire(NamedTuple):
    age_us: int
    usage_age_us: int


class End(NamedTuple):
    how: str  # commit, rollback, reopen (after a rollback, as a kill does), reopen committed


ACTIONS = st.one_of(
    st.builds(Add, ENTRIES, st.integers(0, 10), st.booleans()),
    st.builds(Add, ENTRIES, st.integers(0, 10), st.booleans()),
    st.builds(Expire, st.integers(0, 60), st.integers(0, 20)),
    st.builds(End, st.sampled_from(["commit", "rollback", "killed", "reopened"])),
)


class Model:
    """What SeenIds promises, as plainly as it can be said."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], tuple[bytes, int, bool]] = {}
        self.oldest = (-(10**9), -(10**9))

    def copy(self) -> Model:
        made = Model()
        made.known, made.oldest = dict(self.known), self.oldest
        return made

    def check(self, entries: list[Entry]) -> list[Verdict]:
        digests = {
            name: digest for name, (digest, at, is_usage) in self.known.items() if at >= self.oldest[int(is_usage)]
        }
        verdicts = []
        for tenant, source, name, digest in entries:
            kept = digests.setdefault((tenant, source, name), b"")
            if not kept:
                digests[tenant, source, name] = digest
            verdicts.append(NEW if not kept else DUPLICATE if kept == digest else CONFLICT)
        return verdicts

    def add(self, entries: list[Entry], recorded_at_us: int, is_usage: bool) -> None:
        for tenant, source, name, digest in entries:
            self.known[tenant, source, name] = (digest, recorded_at_us, is_usage)

    def expire(self, before_us: int, usage_before_us: int) -> None:
        self.oldest = (max(self.oldest[0], before_us), max(self.oldest[1], usage_before_us))


def new_ones(entries: list[Entry], verdicts: list[Verdict]) -> list[Entry]:
    return [entry for entry, verdict in zip(entries, verdicts, strict=True) if verdict is NEW]


def connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = connected(tmp_path / "ids.db")
    yield made
    made.close()


@given(st.lists(ACTIONS, max_size=25), st.integers(1, 9))
@settings(max_examples=150, deadline=None)
def test_it_answers_as_a_dict_would(
    tmp_path_factory: pytest.TempPathFactory, actions: list[Add | Expire | End], run_records: int
) -> None:
    path = tmp_path_factory.mktemp("seen") / "ids.db"
    connection = connected(path)
    seen = SeenIds(connection, run_records=run_records)
    model, committed, now = Model(), Model(), 100
    connection.execute("BEGIN")
    for action in actions:
        match action:
            case Add(entries, later_us, is_usage):
                now += later_us
                verdicts = seen.check(entries)
                assert verdicts == model.check(entries)
                fresh = new_ones(entries, verdicts)
                seen.add(fresh, now, is_usage=is_usage)
                model.add(fresh, now, is_usage)
            case Expire(age_us, usage_age_us):
                seen.expire(now - age_us, now - usage_age_us)
                model.expire(now - age_us, now - usage_age_us)
            case End(how):
                connection.execute("COMMIT" if how in {"commit", "reopened"} else "ROLLBACK")
                if how in {"commit", "reopened"}:
                    committed = model.copy()
                else:
                    model = committed.copy()
                if how in {"killed", "reopened"}:
                    connection.close()
                    connection = connected(path)
                    seen = SeenIds(connection, run_records=run_records)
                connection.execute("BEGIN")
        everything = [(*name, b"content1") for name in model.known]
        assert seen.check(everything) == model.check(everything)
    connection.close()


@pytest.mark.parametrize("run_records", [1, 1000])
def test_repeats_within_one_batch(connection: sqlite3.Connection, run_records: int) -> None:
    seen = SeenIds(connection, run_records=run_records)
    batch = [("acme", "/web", name, digest) for name, digest in [("1", b"a" * 8), ("1", b"a" * 8), ("1", b"b" * 8)]]
    assert seen.check(batch) == [NEW, DUPLICATE, CONFLICT]
    assert seen.check(batch) == [NEW, DUPLICATE, CONFLICT]  # a check remembers nothing
    connection.execute("BEGIN")
    seen.add(batch[:1], 5)
    assert seen.check(batch) == [DUPLICATE, DUPLICATE, CONFLICT]
    assert seen.check([]) == []


def test_letters_moved_between_tenant_source_and_id_make_other_ids(connection: sqlite3.Connection) -> None:
    seen = SeenIds(connection)
    split = [("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("", "abc", "d"), ("abc", "", "d"), ("abcd", "", "")]
    assert seen.check([(*names, b"x" * 8) for names in split]) == [NEW] * len(split)


def test_usage_is_forgotten_earlier(connection: sqlite3.Connection) -> None:
    seen = SeenIds(connection, run_records=1)
    entries = [("acme", "/web", str(number), b"x" * 8) for number in range(4)]
    connection.execute("BEGIN")
    seen.add(entries[:1], 10, is_usage=True)
    seen.add(entries[1:2], 20, is_usage=True)
    seen.add(entries[2:3], 10)
    seen.add(entries[3:], 20)
    seen.expire(5, 15)
    assert seen.check(entries) == [NEW, DUPLICATE, DUPLICATE, DUPLICATE]
    seen.expire(11, 0)
    seen.expire(0, 0)  # the past does not come back
    assert seen.check(entries) == [NEW, DUPLICATE, NEW, DUPLICATE]
    seen.expire(20, 21)
    assert seen.check(entries) == [NEW, NEW, NEW, DUPLICATE]
    assert connection.execute("SELECT count(*) FROM seen_ids").fetchone() == (1,)


def test_nothing_is_committed_here(tmp_path: Path) -> None:
    connection = connected(tmp_path / "ids.db")
    seen = SeenIds(connection, run_records=2)
    entries = [("acme", "/web", str(number), b"x" * 8) for number in range(10)]
    connection.execute("BEGIN")
    for entry in entries:
        seen.add([entry], 10)
    seen.expire(5, 5)
    assert connection.in_transaction
    other = connected(tmp_path / "ids.db")
    assert SeenIds(other).check(entries) == [NEW] * 10
    other.close()
    connection.execute("COMMIT")
    assert seen.check(entries) == [DUPLICATE] * 10
    connection.close()


def test_a_part_of_a_transaction_can_be_rolled_back(connection: sqlite3.Connection) -> None:
    seen = SeenIds(connection, run_records=2)
    entries = [("acme", "/web", str(number), b"x" * 8) for number in range(6)]
    connection.execute("BEGIN")
    seen.add(entries[:3], 10)
    connection.execute("SAVEPOINT half")
    seen.add(entries[3:], 10)
    seen.expire(11, 11)
    assert seen.check(entries) == [NEW] * 6
    connection.execute("ROLLBACK TO half")
    assert seen.check(entries) == [DUPLICATE] * 3 + [NEW] * 3


def test_it_refuses_to_write_outside_of_a_transaction(connection: sqlite3.Connection) -> None:
    seen = SeenIds(connection)
    with pytest.raises(RuntimeError, match="BEGIN"):
        seen.add([("acme", "/web", "1", b"x" * 8)], 10)
    with pytest.raises(RuntimeError, match="BEGIN"):
        seen.expire(1, 1)


@pytest.mark.parametrize("digests", [[b"short"], [b"x" * 9], [b"x" * 7, b"x" * 9]])
def test_a_digest_of_another_length_is_refused(connection: sqlite3.Connection, digests: list[bytes]) -> None:
    seen = SeenIds(connection)
    connection.execute("BEGIN")
    with pytest.raises(ValueError, match="8 bytes"):
        seen.add([("acme", "/web", str(number), digest) for number, digest in enumerate(digests)], 10)
    assert connection.execute("SELECT count(*) FROM seen_id_recent").fetchone() == (0,)


def test_a_run_size_of_nothing_is_refused(connection: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="run_records"):
        SeenIds(connection, run_records=0)


def test_many_ids_in_many_runs(tmp_path: Path) -> None:
    connection = connected(tmp_path / "ids.db")
    seen = SeenIds(connection, run_records=5_000)
    old = [("acme", "/web", str(number), number.to_bytes(8, "big")) for number in range(40_000)]
    connection.execute("BEGIN")
    for at in range(0, len(old), 1_500):
        seen.add(old[at : at + 1_500], at, is_usage=bool(at % 2_000))
    connection.execute("COMMIT")
    again = SeenIds(connection, run_records=5_000)
    changed = [(*entry[:3], b"another!") for entry in old]
    fresh = [("acme", "/web", f"new {number}", b"x" * 8) for number in range(20_000)]
    for reader in (seen, again):
        assert set(reader.check(old)) == {DUPLICATE}
        assert set(reader.check(changed)) == {CONFLICT}
        assert set(reader.check(fresh)) == {NEW}
    connection.close()


def lookup(connection: sqlite3.Connection, run: Run, key: bytes) -> list[bytes]:
    wanted = prefixes_of([key])
    place = min(int(np.searchsorted(run.prefixes, wanted)[0]), len(run.prefixes) - 1)
    if run.prefixes[place] != wanted[0]:
        return []
    return [found.digest for found in RunReader(connection).records(run, place, key)]


def test_keys_that_begin_alike_are_told_apart_in_a_run(connection: sqlite3.Connection) -> None:
    SeenIds(connection)
    keys = [b"same" + number.to_bytes(12, "big") for number in range(300)] + [b"zzzz" + bytes(12)]
    records = b"".join(record_of(key, b"replaced", 6) for key in keys[::7])
    records += b"".join(record_of(key, key[-8:], 7) for key in reversed(keys))
    written = write_run(connection, 3, False, records, 0)
    assert written is not None
    for run in (written, read_run(connection, 3, False, 7)):
        assert [lookup(connection, run, key) for key in keys] == [[key[-8:]] for key in keys]
        assert lookup(connection, run, b"same" + (301).to_bytes(12, "big")) == []
    drop_run(connection, 3)
    assert connection.execute("SELECT count(*) FROM seen_ids").fetchone() == (0,)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8), st.integers(-(2**63), 2**63 - 1))
def test_a_record_gives_back_what_it_was_made_of(key: bytes, digest: bytes, recorded_at: int) -> None:
    record = record_of(key, digest, recorded_at)
    assert len(record) == 32
    assert found_in(record) == (digest, recorded_at)


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=50), max_size=6))
def test_the_filter_never_denies_what_was_added(parts: list[list[int]]) -> None:
    held = IdFilter()
    arrays = [np.array(part, dtype=np.uint32) for part in parts]
    for array in arrays:
        held.add(array)
    for array in arrays:
        assert held.possible(array).tolist() == list(range(len(array)))


def test_the_filter_is_rarely_wrong_and_grows() -> None:
    random = np.random.default_rng(7)
    parts = [random.integers(0, 2**32, 40_000, dtype=np.uint32) for _ in range(4)]
    strangers = random.integers(0, 2**32, 20_000, dtype=np.uint32)
    held = IdFilter()
    rooms = []
    for count, part in enumerate(parts, start=1):
        held.add(part)
        rooms.append(held.has_room)
        if not held.has_room:
            held.rebuild(parts[:count])
        assert len(held.possible(strangers)) < 0.07 * len(strangers)
        assert all(len(held.possible(known)) == len(known) for known in parts[:count])
    assert any(before and not after for before, after in pairwise(rooms))
