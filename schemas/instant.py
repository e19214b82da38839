"""Instants: whole microseconds since 1970-01-01T00:00:00Z, read from and written as RFC 3339 text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_IN_UTC = datetime(1970, 1, 1)  # noqa: DTZ001 - without its zone it is written in half the time
_MICROSECOND = timedelta(microseconds=1)
_SHORTEST = len("2026-01-01T00:00:00Z")
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def parse_instant(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 instant; ValueError when it names no offset or is no instant."""
    if len(text) < _SHORTEST or text[4] != "-" or text[7] != "-" or text[10] not in "Tt ":
        raise ValueError(f"{text[:40]!r} is not an instant: write it as 2026-01-31T09:30:00Z or with an offset")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset: add Z or, for example, +01:00")
    instant = (moment - _EPOCH) // _MICROSECOND
    if not _FIRST <= instant <= _LAST:
        raise ValueError(f"{text[:40]!r} lies outside the years 1 to 9999 in UTC")
    return instant


def format_instant(instant: int) -> str:
    """The instant in UTC, with a fraction only when there is one."""
    minute, rest = divmod(instant, MINUTE)
    second, fraction = divmod(rest, SECOND)
    if fraction:
        return f"{_minute_text(minute)}{second:02d}.{fraction:06d}Z"
    return f"{_minute_text(minute)}{second:02d}Z"


def format_if_known(instant: int | None) -> str | None:
    """The same of an instant that may not be known."""
    return None if instant is None else format_instant(instant)


# Records that come together tell the same few minutes again and again.
@lru_cache(maxsize=4_096)
def _minute_text(minute: int) -> str:
    return (_EPOCH_IN_UTC + timedelta(minutes=minute)).isoformat()[: -len("00")]


def day_of(instant: int) -> int:
    """Days since 1970-01-01 in UTC."""
    return instant // DAY


def _read(value: object, info: ValidationInfo) -> int:
    if isinstance(value, str):
        return parse_instant(value)
    # A number on the wire has no unit: seconds, milliseconds and microseconds look alike.
    if type(value) is int and info.mode == "python":
        return value
    raise ValueError("an instant is text such as 2026-01-31T09:30:00Z")


Instant = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
