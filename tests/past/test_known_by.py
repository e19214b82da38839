"""Which records were known at an instant: tables of a journal, and how far it had got."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.as_of import KnownBy
from schemas.event import Data, Event
from schemas.instant import HOUR
from schemas.system import AdminActed, BackfillEnded, BackfillStarted, Tick
from schemas.usage import UsageRecorded

# (what, hour it happened, hour it was taken)
Line = tuple[str, int, int]

ACTED = AdminActed(action="key.created", actor="operator", subject="Zk3vP0aQ")
DATA: dict[str, Data] = {
    "use": UsageRecorded(**UsageRecorded.example),
    "tick": Tick(),
    "act": ACTED,
    "begin": BackfillStarted(name="old desk", clock="journal"),
    "end": BackfillEnded(name="old desk"),
}


def records(lines: list[Line]) -> list[Event]:
    return [
        Event.model_construct(
            id=f"e-{position}",
            source="test",
            type=DATA[what].type,
            tenant="acme",
            data=DATA[what],
            occurred_at=happened * HOUR,
            recorded_at=taken * HOUR,
            position=position,
        )
        for position, (what, happened, taken) in enumerate(lines, 1)
    ]


LIVE: list[Line] = [("use", 1, 1), ("act", 2, 2), ("use", 0, 3), ("tick", 4, 4), ("act", 5, 5), ("use", 6, 6)]
# In the hundredth hour somebody makes a key and brings in ten hours of history, then lives.
IMPORTED: list[Line] = [
    ("act", 100, 100),
    ("begin", 1, 100),
    ("use", 1, 100),
    ("use", 5, 101),
    ("use", 9, 101),
    ("end", 9, 101),
    ("act", 101, 101),
    ("use", 102, 102),
]
# A tenant that lives brings in what came before it.
PULLED: list[Line] = [
    ("use", 50, 50),
    ("begin", 1, 60),
    ("use", 1, 60),
    ("use", 2, 61),
    ("end", 2, 61),
    ("use", 70, 70),
]


@pytest.mark.parametrize(
    ("lines", "hour", "known", "backfill"),
    [
        (LIVE, 0, 0, None),
        (LIVE, 1, 1, None),
        (LIVE, 2, 2, None),
        # What happened before and came later was not known.
        (LIVE, 3, 3, None),
        (LIVE, 4, 4, None),
        (LIVE, 5, 5, None),
        (LIVE, 9, 6, None),
        # A history is lived again by its own times, and what was done to bring it in with it.
        (IMPORTED, 0, 0, None),
        (IMPORTED, 1, 3, "old desk"),
        (IMPORTED, 8, 4, "old desk"),
        (IMPORTED, 9, 6, None),
        (IMPORTED, 100, 6, None),
        (IMPORTED, 101, 7, None),
        (IMPORTED, 102, 8, None),
        # What was pulled into a tenant that lived already was known when it came.
        (PULLED, 50, 1, None),
        (PULLED, 60, 3, None),
        (PULLED, 69, 5, None),
        (PULLED, 70, 6, None),
    ],
)
def test_what_was_known(lines: list[Line], hour: int, known: int, backfill: str | None) -> None:
    walk = KnownBy(hour * HOUR)
    assert [record.position for record in walk.of(records(lines))] == list(range(1, known + 1))
    assert walk.backfill == backfill


@given(
    st.lists(st.tuples(st.sampled_from(sorted(DATA)), st.integers(0, 20), st.integers(0, 20)), max_size=30),
    st.integers(0, 20),
    st.integers(1, 7),
)
def test_it_is_the_beginning_of_the_journal_whatever_comes_at_once(lines: list[Line], hour: int, size: int) -> None:
    told = records(lines)
    whole, parted = KnownBy(hour * HOUR), KnownBy(hour * HOUR)
    known = whole.of(told)
    assert known == told[: len(known)]
    cuts = [*range(0, len(told), size), len(told)]
    assert [one for first, last in pairwise(cuts) for one in parted.of(told[first:last])] == known
    assert parted.backfill == whole.backfill


@given(
    st.lists(st.tuples(st.sampled_from(sorted(DATA)), st.integers(0, 20), st.integers(0, 20)), max_size=30),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_what_was_known_once_stays_known(lines: list[Line], one: int, other: int) -> None:
    earlier, later = sorted((one, other))
    assert len(KnownBy(earlier * HOUR).of(records(lines))) <= len(KnownBy(later * HOUR).of(records(lines)))
