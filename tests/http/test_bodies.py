"""Are the elements of a damaged batch told apart?"""

from __future__ import annotations

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.http.bodies import MOST_RECORDS, _items

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_DAMAGED = (b"NaN", b"{bad}", b'{"a": nope, "b": [1, 2]}', b"+1", b'{"a":1e999}', b"{'a': [}, 1]'}", b'"\xff\\u12"')


@given(st.lists(_JSON, max_size=6))
def test_a_sound_array_gives_its_elements(values: list[object]) -> None:
    assert [orjson.loads(item) for item in _items(orjson.dumps(values))] == values


@pytest.mark.parametrize("damaged", _DAMAGED)
@given(before=st.lists(_JSON, max_size=3), after=st.lists(_JSON, max_size=3))
def test_a_damaged_element_costs_the_others_nothing(damaged: bytes, before: list[object], after: list[object]) -> None:
    parts = [*map(orjson.dumps, before), damaged, *map(orjson.dumps, after)]
    assert _items(b"[" + b" , ".join(parts) + b"]") == parts


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b"[]", []),
        (b"[,]", []),
        (b"[1", [b"1"]),
        (b'[{"a":"x', [b'{"a":"x']),
        (b"[1] 2", [b"1"]),
        (b'[{"a": 18446744073709551616}]', [b'{"a": 18446744073709551616}']),
        (b"[" * 5000, [b"[" * 4999]),
    ],
)
def test_unfinished_arrays(body: bytes, items: list[bytes]) -> None:
    assert _items(body) == items


@pytest.mark.parametrize("run", [b'"', b"{", b'"\\', b",", b"1,", b"[", b"\\", b"]"])
def test_no_body_takes_long_to_cut(run: bytes) -> None:
    # What is quadratic takes minutes here; what is linear takes less than a second.
    began = time.process_time()
    items = _items(b"[x" + run * (2_000_000 // len(run)))
    assert len(items) <= MOST_RECORDS + 1
    assert time.process_time() - began < 20
