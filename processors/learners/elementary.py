"""What are exp and log of these numbers, in the same bits on every machine?

The C library's and numpy's own `exp` and `log` may differ in the last bit from one processor to the next. These use
only operations that IEEE 754 fixes exactly (+, -, x, /, rounding, scaling by a power of two), so their bits do not.
Relative error stays below 1e-14 (under 1e-15 in tests). Method: reduce the argument to the neighbourhood of a tabulated
point, then a short series; the tables come from correctly rounded decimal arithmetic.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal

import numpy as np
from numpy.typing import NDArray

from processors.learners.compiled import compiled, float64, int64, vector

Floats = NDArray[np.float64]

_DECIMAL = Context(prec=50)
_LN2 = _DECIMAL.ln(Decimal(2))
_GRID = Decimal(2) ** -40  # high parts are multiples of this, so that `exponent * high part` is exact


def _high_low(value: Decimal) -> tuple[float, float]:
    high = _DECIMAL.multiply((value / _GRID).to_integral_value(), _GRID)
    return float(high), float(_DECIMAL.subtract(value, high))


_LN2_HIGH, _LN2_LOW = _high_low(_LN2)
_STEP_BITS = 10
_STEPS = 1 << _STEP_BITS  # exp is tabulated at multiples of ln2/1024
_STEP_HIGH, _STEP_LOW = _high_low(_DECIMAL.divide(_LN2, Decimal(_STEPS)))
_STEPS_PER_UNIT = float(_DECIMAL.divide(Decimal(_STEPS), _LN2))
_POWERS = np.array([float(_DECIMAL.exp(_DECIMAL.divide(_LN2 * j, Decimal(_STEPS)))) for j in range(_STEPS)])
_CENTRES = 256  # log is tabulated at multiples of 1/256 in [1/2, 1]
_LOGS = [_high_low(_DECIMAL.ln(Decimal(max(j, 1)) / _CENTRES)) for j in range(_CENTRES + 1)]
_LOG_HIGH = np.array([high for high, _ in _LOGS])
_LOG_LOW = np.array([low for _, low in _LOGS])
LOWEST_EXPONENT = -708.0  # below it exp would leave the normal doubles; we answer the value at the limit
HIGHEST_EXPONENT = 709.0


@compiled(float64)
def exp(value: float) -> float:
    """The exponential of a value; outside [-708, 709] it counts as the nearer limit, NaN is not caught."""
    x = min(max(value, LOWEST_EXPONENT), HIGHEST_EXPONENT)
    steps = np.rint(x * _STEPS_PER_UNIT)
    r = (x - steps * _STEP_HIGH) - steps * _STEP_LOW
    series = r * (1.0 + r * (0.5 + r * (1.0 / 6.0)))
    whole = int(steps)
    power = _POWERS[whole & (_STEPS - 1)]
    return math.ldexp(power + power * series, whole >> _STEP_BITS)


@compiled(float64)
def _log(value: float) -> float:
    mantissa, exponent = math.frexp(value)
    index = int(np.rint(mantissa * _CENTRES))
    centre = index * (1.0 / _CENTRES)
    s = (mantissa - centre) / (mantissa + centre)
    square = s * s
    series = (2.0 * s) * (1.0 + square * (1.0 / 3.0 + square * 0.2))
    high = exponent * _LN2_HIGH + _LOG_HIGH[index]
    low = exponent * _LN2_LOW + _LOG_LOW[index]
    return float(high + (low + series))


def log(value: float) -> float:
    """The natural logarithm of one value. ValueError unless positive and finite."""
    if not 0.0 < value < math.inf:
        raise ValueError(f"log needs a positive finite number, got {value!r}")
    return _log(value)


@compiled(vector(float64))
def _log_many(values: Floats) -> Floats:
    logarithms = np.empty(len(values))
    for at in range(len(values)):
        logarithms[at] = _log(values[at])
    return logarithms


def log_many(values: Floats) -> Floats:
    """`log` of each value; values must be positive, normal and finite (not checked: a hot path)."""
    return _log_many(values.reshape(-1)).reshape(values.shape)


@compiled(vector(int64), float64, float64)
def log_of_counts(counts: NDArray[np.int64], unit: float, smoothing: float) -> Floats:
    """`log` of each count in units, plus a positive smoothing."""
    logarithms = np.empty(len(counts))
    for at in range(len(counts)):
        logarithms[at] = _log(counts[at] / unit + smoothing)
    return logarithms


@compiled(vector(int64), int64, float64, float64, vector(float64), vector(float64))
def log_shares_and_ratios(
    counts: NDArray[np.int64], total: int, unit: float, rest_smoothing: float, one_more: Floats, smoothed: Floats
) -> tuple[Floats, NDArray[np.float32]]:
    """`log` of each count's share, of one more than it is, and of what it leaves of the total to itself, smoothed.

    Counts are in units, one unit and each smoothing positive; `one_more` and `smoothed` are `log_of_counts` of these
    counts, with a smoothing of 1 and of their own.
    """
    shares, ratios = np.empty(len(counts)), np.empty(len(counts), dtype=np.float32)
    log_all = _log(total / unit + max(len(counts), 1))
    for at in range(len(counts)):
        shares[at] = one_more[at] - log_all
        ratios[at] = _log((total - counts[at]) / unit + rest_smoothing) - smoothed[at]
    return shares, ratios


@compiled(vector(float64))
def ordered_sum(values: Floats) -> float:
    """The sum of a vector, added from first to last (numpy's own `sum` adds in pairs along a contiguous axis)."""
    total = 0.0
    for value in values:
        total += value
    return total


@compiled(vector(float64))
def softmax(logits: Floats) -> Floats:
    """Probabilities of a non-empty vector of finite logits, in its order."""
    highest = logits[0]
    for logit in logits:
        highest = max(highest, logit)
    weights = np.empty(len(logits))
    total = 0.0
    for at in range(len(logits)):
        weights[at] = exp(logits[at] - highest)
        total += weights[at]
    for at in range(len(logits)):
        weights[at] /= total
    return weights


@compiled(vector(float64), float64)
def tempered_softmax(logits: Floats, temperature_log: float) -> tuple[Floats, Floats]:
    """The logits times the exponential of a logarithm, and the probabilities of that."""
    tempered = logits * exp(temperature_log)
    return tempered, softmax(tempered)
