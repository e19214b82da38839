"""What the holder of a ClickHouse and its process say to each other: MessagePack, one typed request, one reply."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final
from uuid import UUID

import msgspec

_LARGEST_INTEGER: Final = 2**63


class Open(msgspec.Struct, frozen=True, tag="open"):
    """The first request: which ClickHouse, with which migrations and limits on reading. Answered by nothing."""

    dsn: str
    migrations: str
    seconds: float
    rows: int
    memory_bytes: int
    lock_wait_seconds: float


class Write(msgspec.Struct, frozen=True, tag="write"):
    """Runs of statements as `sinks.contract.pack` gives them; those up to a token, and of some kinds, are left out."""

    source: str
    runs: list[tuple[int, bytes]]
    after: int
    without: tuple[str, ...]


class Written(msgspec.Struct, frozen=True):
    """How many statements there were, how many were written, and what was refused for good since the last answer."""

    read: int
    written: int
    refused: list[tuple[tuple[int, ...], str]]


class Position(msgspec.Struct, frozen=True, tag="position"):
    """See `ClickHouseSink.position`."""

    source: str


class Read(msgspec.Struct, frozen=True, tag="read"):
    """See `ClickHouseSink.read`; parameters and rows as `portable` makes them."""

    sql: str
    parameters: dict[str, Any]


class Rows(msgspec.Struct, frozen=True):
    """The answer to `Read`."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[Any]


class TablesDigest(msgspec.Struct, frozen=True, tag="tables_digest"):
    """See `ClickHouseSink.tables_digest`."""

    tenant: str


class ActiveGeneration(msgspec.Struct, frozen=True, tag="active_generation"):
    """See `ClickHouseSink.active_generation`."""

    tenant: str


class Activate(msgspec.Struct, frozen=True, tag="activate"):
    """See `ClickHouseSink.activate`."""

    tenant: str
    generation: int


class DeleteGeneration(msgspec.Struct, frozen=True, tag="delete_generation"):
    """See `ClickHouseSink.delete_generation`."""

    tenants: tuple[str, ...]
    generation: int


class Reset(msgspec.Struct, frozen=True, tag="reset"):
    """See `ClickHouseSink.reset`."""


class Close(msgspec.Struct, frozen=True, tag="close"):
    """See `ClickHouseSink.close`; the process ends after its reply."""


Request = Write | Position | Read | TablesDigest | ActiveGeneration | Activate | DeleteGeneration | Reset | Close


class Reply(msgspec.Struct, frozen=True):
    """What came of a request: a result, or an error's name and message, and the engine's code where it has one."""

    result: msgspec.Raw = msgspec.Raw(b"\xc0")
    error: str | None = None
    message: str = ""
    code: int | None = None


encoded: Final = msgspec.msgpack.Encoder().encode

# What MessagePack has no type for goes as text under a number of ours.
_WRITTEN: Final[dict[type, int]] = {
    int: 1,
    datetime: 2,
    date: 3,
    Decimal: 4,
    UUID: 5,
    IPv4Address: 6,
    IPv6Address: 7,
    timedelta: 8,
}
_READERS: Final[dict[int, Any]] = {
    1: int,
    2: datetime.fromisoformat,
    3: date.fromisoformat,
    4: Decimal,
    5: UUID,
    6: IPv4Address,
    7: IPv6Address,
    8: lambda text: timedelta(microseconds=int(text)),
}


def portable(value: Any) -> Any:
    """A value that a query takes or gives, in types that survive the way; raises TypeError for one that does not."""
    match value:
        case None | bool() | float() | str() | bytes():
            return value
        case int() if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
            return value
        case list() | tuple():
            return [portable(one) for one in value]
        case dict():
            return {portable(key): portable(one) for key, one in value.items()}
        case timedelta():
            return _tagged(timedelta, str(value // timedelta(microseconds=1)))
        case datetime() | date():
            return _tagged(type(value), value.isoformat())
        case _ if type(value) in _WRITTEN:
            return _tagged(type(value), str(value))
    raise TypeError(f"a {type(value).__name__} cannot be told to another process")


def _tagged(kind: type, text: str) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(_WRITTEN[kind], text.encode())


def restored(code: int, data: memoryview) -> Any:
    """The value that `portable` wrote under a number: a decoder's `ext_hook`."""
    return _READERS[code](bytes(data).decode())
