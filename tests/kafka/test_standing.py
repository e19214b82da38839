"""A standing survives restarts, damage and company, and is what a full read of the journal gives."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from schemas.decode import decode, encode
from schemas.event import Event
from schemas.instant import DAY, HOUR
from streams.carriage import WRITER_BEGAN, Beginning, encode_beginning
from streams.failures import JournalGap
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.record import COUNTED, encode_counted, headers_of_event
from streams.kafka.said import encode_letter
from streams.kafka.standing import Lying, Standing
from streams.log import Letter
from streams.seen_ids import Verdict
from tests.streams.records import NOW, raw, written

LETTER = Letter("l-1", "acme", "not_json", "cut off", "", "kafka tickets", None, NOW, b"sealed")


def began(offset: int, epoch: int) -> Lying:
    return Lying(offset, [("ce_type", WRITER_BEGAN.encode())], encode_beginning(Beginning(epoch, "w", 0)))


def record(offset: int, position: int, *, epoch: int = 1, tenant: str = "acme", at: int = NOW) -> Lying:
    event = decode(written(tenant, position).value).stamped(epoch=epoch, intake=f"usage:{offset + 100}", recorded_at=at)
    return lying(offset, event)


def lying(offset: int, event: Event) -> Lying:
    said = headers_of_event(event, f"{event.id:>8}"[:8].encode())
    return Lying(
        offset, [(name, value.encode() if isinstance(value, str) else value) for name, value in said], encode(event)
    )


JOURNAL = [
    began(0, 1),
    record(1, 1),
    record(2, 1, tenant="zoo"),
    record(3, 2),
    began(4, 2),
    record(5, 3),
    record(6, 3, epoch=2),
]


def opened(folder: Path | None = None) -> Standing:
    return Standing(Checkpoint.open(folder), 16)


def known(standing: Standing) -> object:
    entries = [("acme", "desk", f"e-{number}", f"{f'e-{number}':>8}".encode()) for number in range(1, 5)]
    return (
        standing.epoch,
        standing.next_offset,
        standing.anchor,
        standing.taken,
        standing.tenants,
        standing.carriage.ends,
        standing.seen.check(entries),
        standing.letter("l-1"),
    )


def test_it_is_the_same_however_it_is_read(tmp_path: Path) -> None:
    at_once = opened()
    with at_once.changing():
        at_once.read(JOURNAL)
    for one in JOURNAL:
        standing = opened(tmp_path)
        with standing.changing():
            standing.read([one])
        standing.close()
    again = opened(tmp_path)
    assert known(again) == known(at_once)
    assert (again.epoch, again.next_offset, again.taken) == (2, 7, {"usage": 106})
    assert again.carriage.ends == {"acme": 3, "zoo": 1}
    assert known(again)[6] == [Verdict.DUPLICATE] * 3 + [Verdict.NEW]  # type: ignore[index]


def test_what_fails_is_not_written_down(tmp_path: Path) -> None:
    standing = opened(tmp_path)
    with standing.changing():
        standing.read(JOURNAL)
    before = known(standing)

    def fail() -> None:
        with standing.changing():
            standing.kept(LETTER, {})
            standing.read([record(7, 5, epoch=2)])

    with pytest.raises(JournalGap):
        fail()
    standing.close()
    assert known(opened(tmp_path)) == before


def test_a_checkpoint_that_another_process_has_is_copied(tmp_path: Path) -> None:
    first = opened(tmp_path)
    with first.changing():
        first.read(JOURNAL)
    second = opened(tmp_path)
    assert known(second) == known(first)
    with second.changing():
        second.read([record(7, 4, epoch=2)])
    # Each writes down its own.
    assert (first.next_offset, second.next_offset) == (7, 8)
    third = opened(tmp_path)
    assert known(third) == known(second)
    for one in (first, second, third):
        one.close()
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["slot-0.db", "slot-1.db", "slot-2.db"]
    assert opened(tmp_path).next_offset == 8


def test_no_flipped_bit_is_believed(tmp_path: Path) -> None:
    standing = Standing(Checkpoint.open(tmp_path), 100_000)
    with standing.changing():
        standing.read([began(0, 1), *(record(number, number) for number in range(1, 9_000))])
        standing.kept(LETTER, {"tickets/3": 7})
    right = known(standing)
    standing.close()
    (file,) = tmp_path.glob("*.db")
    content = file.read_bytes()
    empty = known(opened())
    draw = Random(3)
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(content)
        damaged[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        file.write_bytes(damaged)
        again = opened(tmp_path)
        found = known(again)
        assert found in (right, empty)
        outcomes.add(found == empty)
        again.close()
        for leftover in tmp_path.glob("*.db-*"):
            leftover.unlink()
    assert outcomes == {True, False}


def test_ids_are_forgotten_in_time() -> None:
    standing = opened()
    with standing.changing():
        standing.read([began(0, 1), record(1, 1, at=NOW), record(2, 2, at=NOW + HOUR)])
        standing.forget_ids(NOW + 2 * DAY + HOUR // 2)
    assert known(standing)[6] == [Verdict.NEW, Verdict.DUPLICATE, Verdict.NEW, Verdict.NEW]  # type: ignore[index]


def test_backfills_and_clocks_are_known() -> None:
    standing = opened()
    stamps = {"tenant": "acme", "recordedtime": "2026-03-02T09:00:00Z", "epoch": 1, "source": "millrace"}
    started = raw("backfill.started", {"name": "old", "clock": "live"}, "b-1", NOW - DAY, position=1, **stamps)
    ended = raw("backfill.ended", {"name": "old"}, "b-2", NOW + DAY, position=2, **stamps)
    with standing.changing():
        standing.read([began(0, 1), lying(1, decode(started))])
    assert (standing.tenants["acme"].backfill, standing.tenants["acme"].clock) == ("old", NOW - DAY)
    with standing.changing():
        standing.read([lying(2, decode(ended))])
    assert (standing.tenants["acme"].backfill, standing.tenants["acme"].clock) == (None, NOW)


def kept(offset: int, counted: dict[str, int], **changes: object) -> Lying:
    letter = LETTER._replace(**changes)  # type: ignore[arg-type]
    return Lying(offset, [(COUNTED, encode_counted(counted))], encode_letter(letter))


@pytest.mark.parametrize(
    ("records", "times", "redriven_at", "counted"),
    [
        ([kept(0, {"tickets/1": 5})], 1, None, {"tickets/1": 5}),
        ([kept(0, {"tickets/1": 5}), kept(1, {"tickets/1": 9}, times=2)], 2, None, {"tickets/1": 9}),
        # One that was replaced said its own after its successor had counted on.
        ([kept(0, {"tickets/1": 9}, times=2), kept(1, {"tickets/1": 5})], 2, None, {"tickets/1": 9}),
        (
            [kept(0, {"tickets/1": 5}), Lying(1, None, encode_letter(LETTER._replace(redriven_at=3)))],
            1,
            3,
            {"tickets/1": 5},
        ),
        (
            [Lying(0, None, encode_letter(LETTER._replace(redriven_at=3))), kept(1, {"usage/1": 2}, times=2)],
            2,
            3,
            {"usage/1": 2},
        ),
    ],
)
def test_letters_are_counted(
    records: list[Lying], times: int, redriven_at: int | None, counted: dict[str, int]
) -> None:
    standing = opened()
    with standing.changing():
        standing.read_letters(records)
    found = standing.letter("l-1")
    assert found is not None
    assert (found.times, found.redriven_at, found.counted) == (times, redriven_at, counted)
    assert standing.letters_next == len(records)
