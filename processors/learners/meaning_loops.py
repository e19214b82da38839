"""What is worked out value by value when a direction is judged and when it is learned?

The formulas stand in `meaning_head.py`. Sums run over rows of arrays, so that neighbours are added up side by side and
every single sum still has one order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, float64, int64, matrix, vector

Floats = NDArray[np.float64]


@compiled(matrix(float64), vector(float64))
def weighed(rows: Floats, factors: Floats) -> Floats:
    """The sum of the rows, each times its factor."""
    total = np.zeros(rows.shape[1])
    for row in range(len(factors)):
        factor = factors[row]
        for column in range(len(total)):
            total[column] += rows[row, column] * factor
    return total


@compiled(vector(float64), vector(float64))
def product(first: Floats, second: Floats) -> float:
    """The sum of products, from the first to the last."""
    total = 0.0
    for at in range(len(first)):
        total += first[at] * second[at]
    return total


@compiled(matrix(float64, written=True), vector(float64), float64)
def taken_off(precision: Floats, moved: Floats, share: float) -> None:
    """Takes a share of the outer product of `moved` with itself off a symmetric matrix, which stays so."""
    for row in range(len(moved)):
        own = moved[row]
        for column in range(len(moved)):
            precision[row, column] -= share * (own * moved[column])


@compiled(matrix(float64, written=True), vector(float64), int64, float64)
def approach(means: Floats, direction: Floats, column: int, share: float) -> None:
    """Moves one column by a share of the way to a direction."""
    for row in range(len(direction)):
        means[row, column] += share * (direction[row] - means[row, column])
