"""Is every row read by instants, however many share one, and whether or not a tool shows the instant itself?"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.connectors.pulling import mark, marked, read_on

FULL = 3
Row = tuple[int, int]


def pages(rows: list[Row], *, itself: bool, changes: dict[int, int]) -> list[Row]:
    """Reads all pages of a tool that sorts (instant, id); before a page a row may change, which moves it to the end."""
    seen: list[Row] = []
    cursor, whole, asked = mark("0", 1), False, 0
    latest = max((at for at, _ in rows), default=0)
    while not whole:
        if asked in changes and rows:
            latest += 2
            _, id_ = rows.pop(changes[asked] % len(rows))
            rows.append((latest, id_))
        said, place = marked(cursor)
        # Instants are as wide as each other, as tools write them: texts are in the order of time.
        # Asked for a second earlier, as where nobody says whether the instant itself is shown.
        since = int(said) - 1
        found = sorted(row for row in rows if row[0] > since or (itself and row[0] == since))
        page = found[(place - 1) * FULL : place * FULL]
        seen += page
        cursor, whole = read_on(cursor, [f"{at:04}" for at, _ in page], FULL)
        asked += 1
        assert asked < 200
    return seen


def read(rows: list[Row], **how: Any) -> set[int]:
    return {id_ for _, id_ in pages(list(rows), **how)}


@given(st.lists(st.integers(1, 9), max_size=30), st.booleans())
def test_no_row_is_missed_though_many_share_an_instant(instants: list[int], itself: bool) -> None:
    rows = [(at, id_) for id_, at in enumerate(instants)]
    assert read(rows, itself=itself, changes={}) == set(range(len(rows)))


@given(
    st.lists(st.integers(1, 40), max_size=30, unique=True),
    st.booleans(),
    st.dictionaries(st.integers(1, 20), st.integers(0, 99), max_size=6),
)
def test_no_row_is_missed_though_some_change(instants: list[int], itself: bool, changes: dict[int, int]) -> None:
    rows = [(2 * at, id_) for id_, at in enumerate(instants)]
    assert read(rows, itself=itself, changes=changes) == set(range(len(rows)))
