"""What may a column hold? One reader per type: it refuses what the engine would coerce, and packs the rest."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from sinks.clickhouse.columns import Column

Reader = Callable[[list[Any]], Sequence[Any]]
"""Takes values and returns what is sent; raises TypeError, ValueError or OverflowError when one cannot be taken."""

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""The instants that have a name: years 1 to 9999."""

_ENCODE = msgspec.json.Encoder().encode
_NULL = b"null"


def texts(values: list[Any]) -> Sequence[Any]:
    """Text without lone surrogates."""
    "".join(values).encode()
    return values


def _perhaps_texts(values: list[Any]) -> Sequence[Any]:
    "".join([value for value in values if value is not None]).encode()
    return values


def _text_lists(values: list[Any]) -> Sequence[Any]:
    for value in values:
        if value:
            "".join(value).encode()
    return values


def ids(values: list[Any]) -> Sequence[Any]:
    """32 hexadecimal digits, packed into 16 bytes."""
    packed = bytes.fromhex("".join(values))
    if len(packed) != 16 * len(values) or any(len(value) != 32 for value in values):
        raise ValueError("not 32 hexadecimal digits")
    return [packed[start : start + 16] for start in range(0, len(packed), 16)]


def unsigned_32(values: list[Any]) -> Sequence[Any]:
    """Whole numbers that fit UInt32."""
    return array("I", values)


def unsigned_64(values: list[Any]) -> Sequence[Any]:
    """Whole numbers that fit UInt64."""
    return array("Q", values)


def _whole(values: list[Any]) -> Sequence[Any]:
    return array("q", values)


def _whole_lists(values: list[Any]) -> Sequence[Any]:
    for value in values:
        array("q", value)
    return values


def _perhaps_whole(values: list[Any]) -> Sequence[Any]:
    array("q", [0 if value is None else value for value in values])
    return values


def _within(instants: array[int]) -> None:
    numbers = np.frombuffer(instants, dtype=np.int64)
    if int(numbers.min()) < EARLIEST or int(numbers.max()) > LATEST:
        raise ValueError("an instant outside the years that have a name")


def instants(values: list[Any]) -> Sequence[Any]:
    """Microseconds since the epoch of an instant that has a name."""
    packed = array("q", values)
    _within(packed)
    return packed


def _perhaps_instants(values: list[Any]) -> Sequence[Any]:
    _within(array("q", [0 if value is None else value for value in values]))
    return values


def _finite(numbers: array[float]) -> None:
    if not np.isfinite(np.frombuffer(numbers, dtype=np.float64)).all():
        raise ValueError("not finite")


def _fractions(values: list[Any]) -> Sequence[Any]:
    numbers = array("d", values)
    _finite(numbers)
    return numbers


def _perhaps_fractions(values: list[Any]) -> Sequence[Any]:
    _finite(array("d", [0.0 if value is None else value for value in values]))
    return values


def _truths(values: list[Any]) -> Sequence[Any]:
    array("B", values)
    return values


def _perhaps_truths(values: list[Any]) -> Sequence[Any]:
    array("B", [0 if value is None else value for value in values])
    return values


def _json(values: list[Any]) -> Sequence[Any]:
    encoded = list(map(_ENCODE, values))
    if _NULL in b"".join(encoded):  # how the encoder writes NaN and infinity; or a word of somebody's text
        for value, text in zip(values, encoded, strict=True):
            if _NULL in text and not _all_finite(value):
                raise ValueError("not finite")
    return [text.decode() for text in encoded]


def _all_finite(value: object) -> bool:
    pending = [msgspec.to_builtins(value)]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            pending.extend(item)
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, float) and not math.isfinite(item):
            return False
    return True


_PLAIN: dict[tuple[type, bool], Reader] = {
    (str, False): texts,
    (str, True): _perhaps_texts,
    (int, False): _whole,
    (int, True): _perhaps_whole,
    (float, False): _fractions,
    (float, True): _perhaps_fractions,
    (bool, False): _truths,
    (bool, True): _perhaps_truths,
}

WANTED: dict[Reader, str] = {
    texts: "text in UTF-8 is taken",
    _perhaps_texts: "text in UTF-8 or None is taken",
    _text_lists: "a tuple of texts in UTF-8 is taken",
    ids: "32 hexadecimal digits are taken",
    unsigned_32: "whole numbers from 0 below 2^32 are taken",
    unsigned_64: "whole numbers from 0 below 2^64 are taken",
    _whole: "whole numbers from -2^63 below 2^63 are taken",
    _whole_lists: "a tuple of whole numbers from -2^63 below 2^63 is taken",
    _perhaps_whole: "None or whole numbers from -2^63 below 2^63 are taken",
    instants: "microseconds since 1970 of the years 1 to 9999 are taken",
    _perhaps_instants: "None or microseconds since 1970 of the years 1 to 9999 are taken",
    _fractions: "finite numbers are taken",
    _perhaps_fractions: "None or finite numbers are taken",
    _truths: "True and False are taken",
    _perhaps_truths: "None, True and False are taken",
    _json: "values that JSON can say are taken, every number finite",
}


def reader_of(column: Column) -> Reader:
    """What turns the column's values into what is sent."""
    if column.json:
        return _json
    if column.listed:
        return _text_lists if column.holds is str else _whole_lists
    if column.instant:
        return _perhaps_instants if column.optional else instants
    return _PLAIN[column.holds, column.optional]
