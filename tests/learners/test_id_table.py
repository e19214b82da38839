"""The compact map answers as a dict does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processors.learners.id_table import NOWHERE, IdTable

# Few distinct ids make repetitions likely.
identities = st.integers(1, 60) | st.integers(1, 2**32 - 1)


@given(st.lists(st.lists(st.tuples(identities, st.integers(1, 2**31 - 1)), max_size=60), max_size=8))
def test_what_was_put_is_found_and_nothing_else(batches: list[list[tuple[int, int]]]) -> None:
    table, oracle = IdTable(), dict[int, int]()
    for batch in batches:
        wanted = dict(batch)
        ids = np.array(sorted(wanted), dtype=np.uint32)
        values = np.array([wanted[at] for at in ids.tolist()], dtype=np.int32)
        slots = table.find(ids)
        assert (slots != NOWHERE).tolist() == [at in oracle for at in ids.tolist()]
        table.change(slots[slots >= 0], values[slots >= 0])
        table.add(ids[slots < 0], values[slots < 0])
        oracle |= wanted
        asked = np.array([*sorted(oracle), 7, 2**31, 2**32 - 5], dtype=np.uint32)
        assert table.get(asked).tolist() == [oracle.get(at, 0) for at in asked.tolist()]
    assert table.entries == len(oracle)
    assert table.size_bytes <= max(4 * 8 * len(oracle), 8 * 64)


def test_who_finds_a_slot_taken_goes_on_to_the_next() -> None:
    spread = pow(0x9E3779B1, -1, 2**32)  # multiples of it share the highest bits after spreading
    ids = np.array([(k * spread) % 2**32 for k in range(1, 41)], dtype=np.uint32)
    table = IdTable(64)
    table.add(ids, np.arange(1, 41, dtype=np.int32))
    assert table.get(ids).tolist() == list(range(1, 41))
    assert table.get(np.array([(41 * spread) % 2**32], dtype=np.uint32)).tolist() == [0]
