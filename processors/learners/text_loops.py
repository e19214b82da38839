"""What is worked out feature by feature and label by label, when a text is judged and when it is learned?

The formulas stand in `text_kernel.py`. Rows are of features, columns of labels; a place is what the table of ids says
of a feature: its row, 0 where nothing is known of it, negative where it was seen once.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import (
    compiled,
    flag,
    float32,
    float64,
    int32,
    int64,
    matrix,
    uint16,
    uint32,
    vector,
)

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]  # single precision is as exact about its bits, and half the memory to walk through
Places = NDArray[np.int64]
Counts = NDArray[np.uint16]
Codes = NDArray[np.int32]
Ids = NDArray[np.uint32]

UNIT_BITS: Final = 11  # of a first sight's code, below the label's column
UNITS_MASK: Final = (1 << UNIT_BITS) - 1
FULL_COUNT: Final = 65_535
CHUNK_SHIFT: Final = 10  # rows are saved in chunks of so many bits
LENGTH: Final = 1.4
WEIGHT_STEP: Final = 0.15
SCALE_STEP: Final = 0.5
LEAST_SCALE, MOST_SCALE = 0.1, 10.0
TEMPERATURE_STEP: Final = 0.02
SMALLEST_GRADIENT: Final = 0.03  # labels whose probability is off by less are not moved: 2 of 77 remain on average


# What is counted: codes of first sights, and by row the counts of each label and of all. Plain tuples, because numba
# takes a named one apart in 7 us a call.
Counted = tuple[Codes, Counts, Counts]
# Logarithms by count, under a label and under all others, and each label's odds.
RatioLogs = tuple[Singles, Singles, Singles]
_COUNTED: Final = (vector(int32), matrix(uint16), vector(uint16))
_LOGS: Final = (vector(float32), vector(float32), vector(float32))


@compiled(vector(uint32), vector(float64), vector(int64), _COUNTED, vector(float32), vector(float64), float64)
def _values(
    ids: Ids, worth: Floats, places: Places, counted: Counted, scales: Singles, log_seen: Floats, log_total: float
) -> tuple[Places, Places, Floats]:
    """Positions of the features known here and of those seen once, and the value of each that is known."""
    sights, _, seen = counted
    own, first, values = np.empty_like(places), np.empty_like(places), np.empty(len(places))
    known = once = 0
    squares = 0.0
    for at in range(len(places)):
        place = places[at]
        if place == 0:
            continue
        if place < 0:
            first[once] = at
            once += 1
        times = seen[place] if place > 0 else sights[-1 - place] & UNITS_MASK
        rare = math.sqrt(math.sqrt(log_total - log_seen[times]))
        value = worth[ids[at] & 1] * (np.float64(scales[max(place, 0)]) * rare)
        own[known], values[known] = at, value
        squares += value * value
        known += 1
    if known:
        stretch = LENGTH / math.sqrt(squares)
        for row in range(known):
            values[row] *= stretch
    return own[:known].copy(), first[:once].copy(), values[:known].copy()


@compiled(int64, int64, _COUNTED, _LOGS)
def _ratio(place: int, column: int, counted: Counted, logs: RatioLogs) -> np.float32:
    """How much likelier a known feature is under a label than under all others, as a logarithm; the odds come to it."""
    sights, counts, seen = counted
    under, rest, _ = logs
    if place > 0:
        times, units = int(seen[place]), int(counts[place, column])
    else:
        code = sights[-1 - place]
        times = code & UNITS_MASK
        units = times if code >> UNIT_BITS == column else 0
    return np.float32(under[units] - rest[times - units])


@compiled(
    vector(uint32),
    vector(float64),
    vector(int64),
    _COUNTED,
    vector(float32),
    matrix(float32),
    _LOGS,
    vector(float64),
    float64,
    vector(float64),
    matrix(float64),
)
def weigh(
    ids: Ids,
    worth: Floats,
    places: Places,
    counted: Counted,
    scales: Singles,
    weights: Singles,
    logs: RatioLogs,
    log_seen: Floats,
    log_total: float,
    biases: Floats,
    shared: Floats,
) -> tuple[Places, Places, Floats, Floats]:
    """(own, first, values, logits) of a text, as the kernel's `Terms` have them.

    `worth` is what an id weighs before anything is learned, by its lowest bit; rows of `shared` are added last, in
    their order.
    """
    own, first, values = _values(ids, worth, places, counted, scales, log_seen, log_total)
    _, counts, seen = counted
    under, rest, odds = logs
    logits, ratios = np.empty(len(odds)), np.empty(len(odds), np.float32)
    for column in range(len(logits)):
        logits[column] = np.float32(biases[column])
    for row in range(len(own)):
        place, value = places[own[row]], np.float32(values[row])
        weight = weights[max(place, 0)]
        if place < 0:
            for column in range(len(logits)):
                logits[column] += (_ratio(place, column, counted, logs) + odds[column]) * value * weight[column]
            continue
        # `_ratio`, without asking whether a label ever came with the feature: half of them did, and no processor can
        # guess which. Unsigned, or each index is looked at for being negative.
        row_counts, times = counts[place], np.uint64(seen[place])
        for column in range(len(logits)):
            units = np.uint64(row_counts[column])
            ratios[column] = under[units] - rest[times - units]
        # Apart from the look-ups, several labels are worked out at a time.
        for column in range(len(logits)):
            logits[column] += (ratios[column] + odds[column]) * value * weight[column]
    for row in range(len(shared)):
        for column in range(len(logits)):
            logits[column] += np.float32(shared[row, column])
    return own, first, values, logits


@compiled(vector(int64), vector(float64), int64, _COUNTED, matrix(float32), _LOGS)
def amounts(places: Places, values: Floats, column: int, counted: Counted, weights: Singles, logs: RatioLogs) -> Floats:
    """What known features, given by their places and values, add to one label's logit."""
    added = np.empty(len(places))
    for row in range(len(places)):
        ratio = _ratio(places[row], column, counted, logs) + logs[2][column]
        added[row] = ratio * np.float32(values[row]) * weights[max(places[row], 0), column]
    return added


@compiled(vector(float64), vector(float64), int64)
def _temper(chances: Floats, tempered: Floats, column: int) -> float:
    """One step of the temperature's logarithm down the log loss, smaller where logits are large."""
    slope, largest = 0.0, 0.0
    for other in range(len(chances)):
        slope += chances[other] * tempered[other]
        largest = max(largest, abs(tempered[other]))
    return float(TEMPERATURE_STEP * (slope - tempered[column]) / (1.0 + largest))


@compiled(
    vector(float64),
    vector(float64),
    int64,
    float64,
    vector(int64),
    vector(int64),
    vector(float64),
    _COUNTED,
    _LOGS,
    matrix(float32, written=True),
    matrix(float32, written=True),
    vector(float32, written=True),
    vector(float32, written=True),
)
def descend(
    tempered: Floats,
    chances: Floats,
    label: int,
    weight: float,
    places: Places,
    own: Places,
    values: Floats,
    counted: Counted,
    logs: RatioLogs,
    weights: Singles,
    squares: Singles,
    scales: Singles,
    scale_squares: Singles,
) -> tuple[Floats, float]:
    """One AdaGrad step of the weights of known features (their positions) and of their scales, down the gradient.

    The gradient is that of the labels' logits under the log loss of an example of this label. It is returned with a
    step of the temperature's logarithm. A feature that has no row, because an eviction has just taken it, is left out.
    """
    warmer = _temper(chances, tempered, label)
    gradient = chances * weight
    gradient[label] -= weight
    moved = np.nonzero(np.abs(gradient) > SMALLEST_GRADIENT)[0]
    if not len(moved):
        return gradient, warmer
    for row in range(len(own)):
        place, value = places[own[row]], np.float32(values[row])
        if place <= 0:
            continue
        slope = 0.0
        for column in moved:
            ratio = (_ratio(place, column, counted, logs) + logs[2][column]) * value
            slope += ratio * weights[place, column] * gradient[column]
            step = ratio * gradient[column]
            squares[place, column] = squares[place, column] + step * step
            change = WEIGHT_STEP * step / math.sqrt(np.float64(squares[place, column]))
            weights[place, column] = weights[place, column] - change
        scale_squares[place] = scale_squares[place] + slope * slope
        change = SCALE_STEP * slope / math.sqrt(np.float64(scale_squares[place]))
        scales[place] = min(max(scales[place] - change, LEAST_SCALE), MOST_SCALE)
    return gradient, warmer


@compiled(
    vector(uint32),
    vector(int64, written=True),
    vector(int64),
    int64,
    vector(int32),
    vector(uint32, written=True),
    matrix(uint16, written=True),
    vector(uint16, written=True),
)
def admit(
    ids: Ids,
    places: Places,
    second: Places,
    first_row: int,
    sights: Codes,
    row_ids: Ids,
    counts: Counts,
    seen: Counts,
) -> None:
    """Moves features of a text at their second sight (their positions) from first sights to rows, one after another."""
    row = first_row
    for at in second:
        code = sights[-1 - places[at]]
        row_ids[row] = ids[at]
        counts[row, code >> UNIT_BITS] = code & UNITS_MASK
        seen[row] = code & UNITS_MASK
        places[at] = row
        row += 1


@compiled(
    vector(uint32),
    vector(int64),
    int64,
    int64,
    int64,
    matrix(uint16, written=True),
    vector(uint16, written=True),
    vector(uint32, written=True),
    vector(flag, written=True),
)
def count(
    ids: Ids,
    places: Places,
    column: int,
    units: int,
    example: int,
    counts: Counts,
    seen: Counts,
    used: Ids,
    touched: NDArray[np.bool_],
) -> Ids:
    """Counts one example of a label for the features that have a row, and stamps those with the example's number.

    Returned are the ids of which nothing is known.
    """
    unknown, found = np.empty_like(ids), 0
    for at in range(len(ids)):
        place = places[at]
        if place == 0:
            unknown[found] = ids[at]
            found += 1
        if place <= 0:
            continue
        if seen[place] > FULL_COUNT - units:  # halving numerator and denominator alike leaves their ratio as it is
            total = 0
            for other in range(counts.shape[1]):
                counts[place, other] = counts[place, other] >> 1
                total += counts[place, other]
            seen[place] = total
        counts[place, column] = counts[place, column] + units
        seen[place] = seen[place] + units
        used[place] = example
        touched[place >> CHUNK_SHIFT] = True
    return unknown[:found].copy()
