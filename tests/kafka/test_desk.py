"""The desk decides as the embedded door does: the same records, the same letters, whatever is read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.instant import DAY, SECOND
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.desk import NOBODY, Arrival, Desk, Outcome
from streams.kafka.record import BACKFILL, HANDED_OVER, ORIGIN, REFUSED, TRACE, RefusedAtDoor
from streams.kafka.standing import Standing
from streams.memory_log import MemoryLog
from streams.partition import partition_of
from streams.privacy import Privacy
from streams.subject_keys import SubjectKeys
from tests.streams.records import NOW, Door, raw, used

PARTITIONS = 4
PARTITION = partition_of("acme", PARTITIONS)
ELSEWHERE = next(name for name in ("b", "c", "d", "e", "f") if partition_of(name, PARTITIONS) != PARTITION)
OPENED = {
    "ticket": "T-1",
    "title": "Invoice wrong",
    "text": "Hello, please write to jo.doe@example.com, the invoice is wrong.",
    "channel": "email",
    "requester": "person-1",
}
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TICK = raw("tick", {}, "tick-9", source="millrace")


class Bench:
    """A desk over a standing in memory, whose outcomes are taken over as if a broker had confirmed them."""

    def __init__(self, folder: Path) -> None:
        self.privacy = Privacy(SubjectKeys.open(folder))
        self.standing = Standing(Checkpoint.open(None), PARTITIONS)
        self.desk = Desk(PARTITION, PARTITIONS, self.standing, self.privacy, epoch=7)
        self.offset = 0

    def arrival(self, value: bytes, tenant: str | bytes | None = "acme", **how: Any) -> Arrival:
        key = tenant.encode() if isinstance(tenant, str) else tenant
        arrival = Arrival("tickets", self.offset, key, value, None, NOW)._replace(**how)
        self.offset += 1
        return arrival

    def take(self, *arrivals: Arrival, ticks: Sequence[tuple[str, int]] = (), crash: bool = False) -> Outcome:
        outcome = self.desk.take(arrivals, ticks)
        with self.standing.changing():
            if outcome.records and not crash:
                self.standing.wrote(outcome.records, self.standing.next_offset + len(outcome.records), outcome.taken)
            for letter, counted in outcome.letters:
                self.standing.kept(letter, counted)
        return outcome

    def close(self) -> None:
        self.standing.close()
        self.privacy.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


RECORDS: list[bytes] = [
    raw("ticket.opened", OPENED, "e-1"),
    used("e-2"),
    used("e-2"),
    used("e-2", 9),
    used("e-3", tenant="other"),
    used("e-4", at=NOW + 2 * DAY),
    used("e-5", at=0),
    b"{not json",
    b"\xff\xfe",
    b"",
    b"[]",
    raw("no.such_type", {}, "e-6"),
    raw("usage.recorded", {"quantity": "many"}, "e-7"),
    used("e-8", traceparent=TRACEPARENT, position=99, epoch=99, intake="x:1", sealed="{}", backfill=True),
    raw("ticket.opened", OPENED, "e-1"),
    raw("ticket.opened", {**OPENED, "text": "another text"}, "e-1"),
    b"x" * 1_100_000,
    raw(
        "ticket.opened", {"ticket": "T-2", "title": "Old", "text": ""}, "e-9", dataschema="urn:millrace:ticket.opened:1"
    ),
]
_CARRIED = {"epoch", "intake", "sealed"}


def as_said(event: Event) -> dict[str, object]:
    """What an event says, but for what each carrier stamps and what is encrypted anew each time."""
    return {name: value for name, value in event.__dict__.items() if name not in _CARRIED}


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(RECORDS))), cuts=st.sets(st.integers(1, len(RECORDS) - 1)))
def test_it_decides_as_the_embedded_door(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("desk")
    bench = Bench(folder)
    log = MemoryLog()
    door = Door(log, folder)
    raws = [RECORDS[place] for place in order]
    taken = door.take(*raws, origin="kafka tickets")
    arrivals = [bench.arrival(value) for value in raws]
    bounds = [0, *sorted(cuts), len(raws)]
    outcomes = [bench.take(*arrivals[start:end]) for start, end in pairwise(bounds)]
    records = [record for outcome in outcomes for record in outcome.records]
    assert [as_said(record.event) for record in records] == [as_said(event) for event in door.appended]
    assert [record.event.intake for record in records] == [
        f"tickets:{place}" for place, one in enumerate(taken) if one.status == "accepted"
    ]
    assert {record.event.epoch for record in records} <= {7}
    letters = {letter.letter: letter for outcome in outcomes for letter, _ in outcome.letters}
    kept = {letter.letter: letter for letter in log.letters("acme")}
    assert {one.letter for one in taken if one.status == "refused"} == set(kept)
    assert {id_: letter._replace(raw=b"") for id_, letter in letters.items()} == {
        id_: letter._replace(raw=b"") for id_, letter in kept.items()
    }
    for id_, letter in letters.items():
        opened = bench.privacy.open_letter("acme", id_, letter.raw)
        assert opened == bench.privacy.open_letter("acme", id_, kept[id_].raw)
    door.close()
    bench.close()


def test_what_is_read_again_changes_nothing(bench: Bench) -> None:
    arrivals = [bench.arrival(used("e-1")), bench.arrival(b"{"), bench.arrival(used("e-2")), bench.arrival(b"{")]
    first = bench.take(*arrivals)
    assert ([len(first.records), len(first.letters)], first.letters[-1][0].times) == ([2, 2], 2)
    again = bench.take(*arrivals)
    assert (again.records, again.letters, again.duplicates) == ([], [], 0)


def test_a_letter_that_was_kept_counts_once_though_the_journal_did_not_get_its_neighbours(bench: Bench) -> None:
    arrivals = [bench.arrival(b"{"), bench.arrival(used("e-1")), bench.arrival(b"{")]
    assert [letter.times for letter, _ in bench.take(*arrivals, crash=True).letters] == [1, 2]
    again = bench.take(*arrivals)
    assert ([record.event.position for record in again.records], again.letters) == ([1], [])
    assert [letter.times for letter, _ in bench.take(bench.arrival(b"{")).letters] == [3]


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"UPPER", b"_nobody", b"a b", b"x" * 64])
def test_a_key_that_names_no_tenant_is_a_letter_of_nobody(bench: Bench, key: bytes | None) -> None:
    outcome = bench.take(bench.arrival(used("e-1"), key), bench.arrival(used("e-1"), key), bench.arrival(used("e-1")))
    assert [record.event.tenant for record in outcome.records] == ["acme"]
    letters = [letter for letter, _ in outcome.letters]
    assert [(one.tenant, one.reason, one.where) for one in letters] == [(NOBODY, "not_an_event", "key")] * 2
    assert letters[0].letter != letters[1].letter
    assert bench.privacy.open_letter(NOBODY, letters[0].letter, letters[0].raw) == used("e-1")


def test_a_record_in_a_wrong_partition_is_handed_over_as_it_came(bench: Bench) -> None:
    headers = [(ORIGIN, b"http k"), ("own", None)]
    arrival = bench.arrival(b"anything", ELSEWHERE, headers=headers)
    outcome = bench.take(arrival)
    (handed,) = outcome.handed_over
    assert (outcome.records, outcome.letters) == ([], [])
    assert (handed.family, handed.partition, handed.arrival) == (
        "tickets",
        partition_of(ELSEWHERE, PARTITIONS),
        arrival,
    )
    assert list(handed.headers) == [*headers, (HANDED_OVER, f"tickets/{PARTITION}:0".encode())]


def test_what_was_handed_over_twice_counts_once(bench: Bench) -> None:
    came = [(HANDED_OVER, b"tickets/9:44")]
    first = bench.take(bench.arrival(b"{", headers=came), bench.arrival(used("e-1"), headers=came))
    again = bench.take(bench.arrival(b"{", headers=came), bench.arrival(used("e-1"), headers=came))
    assert [letter.times for letter, _ in first.letters] == [1]
    assert (again.letters, again.records, again.duplicates) == ([], [], 1)


def test_what_a_door_refused_is_kept_as_it_said(bench: Bench) -> None:
    said = RefusedAtDoor("l-1", "too_large", "2,000,000 bytes", "", None)
    headers = [(ORIGIN, b"http k"), (REFUSED, msgspec.json.encode(said))]
    ((letter, _),) = bench.take(bench.arrival(b"cut", headers=headers)).letters
    assert (letter.letter, letter.reason, letter.detail, letter.origin, letter.kept_at) == (
        "l-1",
        "too_large",
        "2,000,000 bytes",
        "http k",
        NOW,
    )
    assert bench.privacy.open_letter("acme", "l-1", letter.raw) == b"cut"


@pytest.mark.parametrize(
    "headers",
    [
        [(REFUSED, b"{")],
        [(ORIGIN, b"\xff")],
        [(TRACE, b"\xff\n")],
        [(HANDED_OVER, b"tickets/9:x")],
        [(BACKFILL, b"")],
    ],
)
def test_headers_of_others_cannot_stop_it(bench: Bench, headers: list[tuple[str, bytes]]) -> None:
    outcome = bench.take(bench.arrival(used("e-1"), headers=headers), bench.arrival(b"{", headers=headers))
    assert (len(outcome.records), len(outcome.letters)) == (1, 1)


def test_headers_of_a_door_are_stamped(bench: Bench) -> None:
    headers = [(BACKFILL, b"1"), (TRACE, TRACEPARENT.encode())]
    (record,) = bench.take(bench.arrival(used("e-1"), headers=headers)).records
    assert (record.event.backfill, record.event.traceparent) == (True, TRACEPARENT)
    assert orjson.loads(record.value)["traceparent"] == TRACEPARENT


def test_what_millrace_alone_says_is_taken_from_its_own_topic_only(bench: Bench) -> None:
    outcome = bench.take(bench.arrival(TICK), bench.arrival(TICK, family="system"))
    assert [record.event.type for record in outcome.records] == ["tick"]
    assert [letter.reason for letter, _ in outcome.letters] == ["unknown_type"]


def test_a_tick_follows_what_came_before_it(bench: Bench) -> None:
    at = NOW + 5 * SECOND
    outcome = bench.take(bench.arrival(used("e-1")), bench.arrival(used("e-2")), ticks=[("acme", at)])
    tick = outcome.records[-1].event
    assert (tick.type, tick.position, tick.id, tick.occurred_at, tick.recorded_at) == ("tick", 3, "tick-3", at, at)
    assert (tick.intake, tick.epoch) == (None, 7)
    assert bench.standing.tenants["acme"].clock == at
