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
_POWER_LIST, _LOG_HIGH_LIST, _LOG_LOW_LIST = _POWERS.tolist(), _LOG_HIGH.tolist(), _LOG_LOW.tolist()

_FEW = 24  # measured: so many values are sooner gone through one by one than handed to numpy
LOWEST_EXPONENT = -708.0  # below it exp would leave the normal doubles; we answer the value at the limit
HIGHEST_EXPONENT = 709.0


def exp_many(values: Floats) -> Floats:
    """The exponential of each value; values outside [-708, 709] count as the nearer limit, NaN is not caught."""
    return _exp_many(np.minimum(np.maximum(values, LOWEST_EXPONENT), HIGHEST_EXPONENT))


def _exp_many(x: Floats) -> Floats:
    """`exp_many` of values within its limits, which are used up. Written in place: the arrays are small and many."""
    steps = x * _STEPS_PER_UNIT
    np.rint(steps, out=steps)
    whole = steps.astype(np.int32)
    x -= steps * _STEP_HIGH
    steps *= _STEP_LOW
    x -= steps
    series = np.multiply(x, 1.0 / 6.0, out=steps)
    series += 0.5
    series *= x
    series += 1.0
    series *= x
    power = _POWERS.take(whole & (_STEPS - 1))
    series *= power
    series += power
    return np.asarray(np.ldexp(series, whole >> _STEP_BITS))


def log_many(values: Floats) -> Floats:
    """The natural logarithm of each value; values must be positive, normal and finite (not checked: a hot path)."""
    mantissa, exponent = np.frexp(values)
    index = np.rint(mantissa * _CENTRES).astype(np.int32)
    centre = index * (1.0 / _CENTRES)
    s = (mantissa - centre) / (mantissa + centre)
    square = s * s
    series = (2.0 * s) * (1.0 + square * (1.0 / 3.0 + square * 0.2))
    high = exponent * _LN2_HIGH + _LOG_HIGH.take(index)
    low = exponent * _LN2_LOW + _LOG_LOW.take(index)
    return np.asarray(high + (low + series))


def exp(value: float) -> float:
    """The exponential of one value: the same bits as `exp_many`, quicker for a single number."""
    x = min(max(value, LOWEST_EXPONENT), HIGHEST_EXPONENT)
    whole = round(x * _STEPS_PER_UNIT)
    r = (x - whole * _STEP_HIGH) - whole * _STEP_LOW
    series = r * (1.0 + r * (0.5 + r * (1.0 / 6.0)))
    power: float = _POWER_LIST[whole & (_STEPS - 1)]
    return math.ldexp(power + power * series, whole >> _STEP_BITS)


def log(value: float) -> float:
    """The natural logarithm of one value: the same bits as `log_many`. ValueError unless positive and finite."""
    if not 0.0 < value < math.inf:
        raise ValueError(f"log needs a positive finite number, got {value!r}")
    mantissa, exponent = math.frexp(value)
    index = round(mantissa * _CENTRES)
    centre = index * (1.0 / _CENTRES)
    s = (mantissa - centre) / (mantissa + centre)
    square = s * s
    series = (2.0 * s) * (1.0 + square * (1.0 / 3.0 + square * 0.2))
    high: float = exponent * _LN2_HIGH + _LOG_HIGH_LIST[index]
    low: float = exponent * _LN2_LOW + _LOG_LOW_LIST[index]
    return high + (low + series)


def ordered_sum(values: Floats) -> float:
    """The sum of a vector, added from first to last (numpy's own `sum` adds in pairs along a contiguous axis)."""
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0


def softmax(logits: Floats) -> Floats:
    """Probabilities of a non-empty vector of finite logits, in its order."""
    if len(logits) <= _FEW:
        return np.array(softmax_of(logits.tolist()))
    below = logits - np.maximum.reduce(logits)
    weights = _exp_many(np.maximum(below, LOWEST_EXPONENT, out=below))
    weights /= ordered_sum(weights)
    return weights


def softmax_of(logits: list[float]) -> list[float]:
    """The same of a list, bit for bit, quicker for a few logits."""
    highest = max(logits)
    weights, total = [], 0.0
    for logit in logits:
        weight = exp(logit - highest)
        weights.append(weight)
        total += weight
    return [weight / total for weight in weights]
