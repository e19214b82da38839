"""What several messages mean together does not depend on the order in which they came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.meant import MOST_HEARD, Meant
from schemas.meaning import Meaning

DIRECTIONS = st.binary(min_size=6, max_size=6).filter(any)


def meant(directions: list[bytes], model: str = "m") -> Meant:
    made = Meant()
    for values in directions:
        made.hear(Meaning(model, values))
    return made


@given(
    st.lists(DIRECTIONS, min_size=1, max_size=12).flatmap(lambda said: st.tuples(st.just(said), st.permutations(said)))
)
def test_order_does_not_matter(orders: tuple[list[bytes], list[bytes]]) -> None:
    said, other = orders
    assert meant(said).whole() == meant(other).whole()


@given(DIRECTIONS, st.integers(1, 3 * MOST_HEARD))
def test_saying_the_same_again_means_the_same(values: bytes, times: int) -> None:
    assert meant([values] * times).whole() == meant([values]).whole()


def test_opposites_mean_nothing() -> None:
    assert meant([bytes([1, 2]), bytes([255, 254])]).whole() is None


def test_another_model_takes_the_place() -> None:
    made = meant([bytes([1, 2])])
    made.hear(Meaning("other", bytes([9, 0, 0])))
    assert made.whole() == Meaning("other", bytes([127, 0, 0]))
