"""Instants as tools write them, in microseconds; None for what is none."""

from __future__ import annotations

import re
from typing import Any

from schemas.instant import SECOND, parse_instant

_EARLIEST, _LATEST = 0, parse_instant("9999-01-01T00:00:00Z")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_FRACTION = re.compile(r"(\.\d{6})\d+")


def iso(value: Any, *, zone: str = "") -> int | None:
    """ISO 8601 text, also with nanoseconds or an offset without a colon; `zone` is meant where it names none."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    told = _instant(value)
    if told is not None:
        return _sane(told)
    text = _OFFSET.sub(r"\1:\2", _FRACTION.sub(r"\1", value.strip()))
    for candidate in (text, text + zone):
        told = _instant(candidate)
        if told is not None:
            return _sane(told)
    return None


def _instant(text: str) -> int | None:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError, IndexError):
        return None


def seconds(value: Any) -> int | None:
    """Unix seconds, whole or with a fraction."""
    return _counted(value, SECOND)


def milliseconds(value: Any) -> int | None:
    """Unix milliseconds."""
    return _counted(value, 1_000)


def seconds_text(value: Any) -> int | None:
    """Unix seconds as decimal text with up to six digits after the point (Slack)."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,11}(\.\d{1,6})?", value, re.ASCII):
        return None
    whole, _, fraction = value.partition(".")
    return _sane(int(whole) * SECOND + int(fraction.ljust(6, "0") or 0))


def _counted(value: Any, unit: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _LATEST // unit:
        return None
    return _sane(value * unit if isinstance(value, int) else round(value * unit))


def _sane(instant: int) -> int | None:
    return instant if _EARLIEST <= instant <= _LATEST else None
