"""Does sorting on disk give what sorting in memory gives, and do keys sort as what they stand for?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.history.external_sort import MOST_RUNS, ExternalSort
from streams.history.sort_key import instant_key, instant_of, text_key, value_key

RECORDS = st.lists(st.tuples(st.binary(max_size=4), st.binary(max_size=4)), max_size=200)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\0"), max_size=5)
INSTANTS = st.integers(-(2**62), 2**62)


@given(records=RECORDS, held=st.integers(1, 7), held_bytes=st.integers(1, 40))
def test_as_in_memory(records: list[tuple[bytes, bytes]], held: int, held_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sort = ExternalSort(Path(folder), records=held, held_bytes=held_bytes)
        for key, payload in records:
            sort.add(key, payload)
        assert list(sort) == sorted(records)
        assert list(sort) == sorted(records)
        assert sort.count == len(records)


def test_files_stay_few(tmp_path: Path) -> None:
    sort = ExternalSort(tmp_path, records=1)
    most = 0
    for number in range(3 * MOST_RUNS):
        sort.add(number.to_bytes(2, "big"), b"")
        most = max(most, len(list(tmp_path.iterdir())))
    assert most <= MOST_RUNS
    assert [key for key, _ in sort] == [number.to_bytes(2, "big") for number in range(3 * MOST_RUNS)]


@given(one=st.tuples(TEXTS, INSTANTS), other=st.tuples(TEXTS, INSTANTS))
def test_keys_sort_as_text_and_instant(one: tuple[str, int], other: tuple[str, int]) -> None:
    keys = [text_key(text) + instant_key(instant) for text, instant in (one, other)]
    assert (keys[0] < keys[1]) == (one < other)
    assert (keys[0] == keys[1]) == (one == other)
    assert instant_of(instant_key(one[1])) == one[1]


@given(numbers=st.lists(st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15), min_size=2, max_size=2))
def test_tie_breaks_sort_by_amount(numbers: list[float]) -> None:
    one, other = numbers
    if one < other:
        assert value_key(str(one)) < value_key(str(other))


def test_tie_breaks_of_large_numbers_texts_and_nothing() -> None:
    values = [None, "-5", "9", "10", "9007199254740993", "9007199254740994", "a", "b", "nan"]
    assert [value_key(value) for value in values] == sorted(value_key(value) for value in values)
