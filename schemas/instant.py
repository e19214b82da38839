"""Instants: whole microseconds since 1970-01-01T00:00:00Z, read from and written as RFC 3339 text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHORTEST = len("2026-01-01T00:00:00Z")


def parse_instant(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 instant; raises ValueError when it names no offset or is no instant."""
    if len(text) < _SHORTEST or text[4] != "-" or text[7] != "-" or text[10] not in "Tt ":
        raise ValueError(f"{text[:40]!r} is not an instant: write it as 2026-01-31T09:30:00Z or with an offset")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset: add Z or, for example, +01:00")
    return (moment - _EPOCH) // _MICROSECOND


def format_instant(instant: int) -> str:
    """The instant in UTC, with a fraction only when there is one."""
    return (_EPOCH + timedelta(microseconds=instant)).isoformat().replace("+00:00", "Z")


def day_of(instant: int) -> int:
    """Days since 1970-01-01 in UTC."""
    return instant // DAY


def _read(value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except OverflowError as error:
            raise ValueError(f"{value[:40]!r} is outside the years that can be told") from error
    if type(value) is int:
        return value
    raise ValueError("an instant is text such as 2026-01-31T09:30:00Z")


Instant = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
