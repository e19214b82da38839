"""exp and log: near the true value, one and many alike, and in recorded bits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.learners import elementary

exponents = st.floats(-700.0, 700.0)
positives = st.floats(1e-300, 1e300) | st.floats(0.5, 2.0) | st.floats(-1e-6, 1e-6).map(lambda small: 1.0 + small)


@given(exponents)
def test_exp_is_within_1e14(value: float) -> None:
    assert elementary.exp(value) == pytest.approx(math.exp(value), rel=1e-14, abs=0.0)


@given(st.lists(positives, min_size=1, max_size=20))
def test_log_is_within_1e14_and_the_same_one_by_one(values: list[float]) -> None:
    many = elementary.log_many(np.array(values))
    assert [elementary.log(value).hex() for value in values] == [value.hex() for value in many.tolist()]
    for value, result in zip(values, many.tolist(), strict=True):
        assert result == pytest.approx(math.log(value), rel=1e-14, abs=0.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0x1.0000000000000p+0"),
        (1.0, "0x1.5bf0a8b145769p+1"),
        (-0.1, "0x1.cf46d99d52b3ap-1"),
        (50.5, "0x1.cf65319c57519p+72"),
        (-708.0, "0x1.7c8ab2288c9abp-1022"),
        (-1e9, "0x1.7c8ab2288c9abp-1022"),
    ],
)
def test_bits_of_exp_are_those_recorded(value: float, expected: str) -> None:
    assert elementary.exp(value).hex() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, "0x0.0p+0"),
        (2.0, "0x1.62e42fefa39efp-1"),
        (0.1, "-0x1.26bb1bbb55515p+1"),
        (1.0000001, "0x1.ad7f2847b6492p-24"),
        (12345.678, "0x1.2d79559791e31p+3"),
    ],
)
def test_bits_of_log_are_those_recorded(value: float, expected: str) -> None:
    assert elementary.log(value).hex() == expected


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_log_of_what_has_none_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="positive finite"):
        elementary.log(value)


@given(st.lists(st.floats(-1e6, 1e6), max_size=40))
def test_an_ordered_sum_adds_from_first_to_last(values: list[float]) -> None:
    total = 0.0
    for value in values:
        total += value
    assert elementary.ordered_sum(np.array(values)) == total


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=40))
def test_softmax_gives_probabilities_in_the_order_of_the_logits(logits: list[float]) -> None:
    chances = elementary.softmax(np.array(logits))
    assert math.fsum(chances) == pytest.approx(1.0, abs=1e-12)
    assert chances.min() >= 0.0
    assert chances[int(np.argmax(logits))] == chances.max()
