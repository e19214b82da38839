"""Whose records hold: a table of partitions and what a reader takes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import decode, encode
from streams.carriage import WRITER_BEGAN, Beginning, Carriage, encode_beginning
from streams.failures import FoldBroken, JournalGap
from tests.streams.records import written

Record = tuple[str, bytes]


def began(epoch: int, writer: str = "w") -> Record:
    return WRITER_BEGAN, encode_beginning(Beginning(epoch, writer, 0))


def said(epoch: int | None, position: int, tenant: str = "acme", mark: str = "") -> Record:
    event = decode(written(tenant, position).value)
    return event.type, encode(event.stamped(epoch=epoch, intake=mark or None))


def taken(carriage: Carriage, records: list[Record], *, headers: bool = True) -> list[tuple[str, int, str | None]]:
    events = [carriage.take(type_ if headers else None, value) for type_, value in records]
    return [(event.tenant, event.position, event.intake) for event in events if event is not None]


A, B = "a", "b"
PARTITIONS: dict[str, tuple[list[Record], list[tuple[str, int, str | None]]]] = {
    "nothing": ([], []),
    "before any writer began": ([said(None, 1), said(0, 2)], [("acme", 1, None), ("acme", 2, None)]),
    "one writer": ([began(1), said(1, 1), said(1, 2)], [("acme", 1, None), ("acme", 2, None)]),
    "tenants have positions of their own": (
        [began(1), said(1, 1), said(1, 1, "zoo"), said(1, 2)],
        [("acme", 1, None), ("zoo", 1, None), ("acme", 2, None)],
    ),
    "one that was replaced writes on": (
        [began(1), said(1, 1, mark=A), began(2, "v"), said(1, 2, mark=A), said(2, 2, mark=B), said(1, 3, mark=A)],
        [("acme", 1, A), ("acme", 2, B)],
    ),
    "one that was replaced leaves a gap that nobody sees": (
        [began(1), began(2, "v"), said(1, 7), said(2, 1)],
        [("acme", 1, None)],
    ),
    "a second beginning of an epoch changes nothing": (
        [began(1), began(1, "v"), said(1, 1), began(2, "v"), said(2, 2)],
        [("acme", 1, None), ("acme", 2, None)],
    ),
    "a lower beginning after a higher one": ([began(5), began(3), said(5, 1), said(3, 2)], [("acme", 1, None)]),
    "a producer's retry": (
        [began(1), said(1, 1, mark=A), said(1, 2, mark=A), said(1, 1, mark=B), said(1, 2, mark=B), said(1, 3)],
        [("acme", 1, A), ("acme", 2, A), ("acme", 3, None)],
    ),
}


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("name", PARTITIONS)
def test_a_reader_takes_what_holds(name: str, headers: bool) -> None:
    records, expected = PARTITIONS[name]
    assert taken(Carriage(), records, headers=headers) == expected


def test_a_missing_position_stops_the_reader() -> None:
    carriage = Carriage()
    taken(carriage, [began(1), said(1, 1)])
    with pytest.raises(JournalGap) as gap:
        carriage.take(*said(1, 3))
    assert (gap.value.expected, gap.value.found) == (2, 3)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (said(2, 2), "of epoch 2, and only 1 has begun"),
        (("usage.recorded", b"{"), "cannot be read .not_json"),
        ((WRITER_BEGAN, b'{"epoch":"first"}'), "writer.began record cannot be read"),
    ],
)
def test_what_no_writer_could_have_written_stops_the_reader(record: Record, message: str) -> None:
    carriage = Carriage()
    taken(carriage, [began(1), said(1, 1)])
    with pytest.raises(FoldBroken, match=message):
        carriage.take(*record)
    assert (carriage.epoch, carriage.ends) == (1, {"acme": 1})


@given(st.sampled_from(sorted(PARTITIONS)), st.data())
def test_reading_may_stop_and_go_on_anywhere(name: str, data: st.DataObject) -> None:
    records, expected = PARTITIONS[name]
    cut = data.draw(st.integers(0, len(records)))
    first = Carriage()
    before = taken(first, records[:cut])
    assert before + taken(Carriage.restored(first.saved()), records[cut:]) == expected
