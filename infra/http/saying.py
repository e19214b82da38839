"""What does a record say of itself before the door reads it? Its type and its account, in one look."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pydantic import TypeAdapter, ValidationError


class Said(msgspec.Struct):
    """The type is empty and the account None where a record says none: then it is refused and kept."""

    type: str = ""
    account: str | None = None


_SAID: Final = msgspec.json.Decoder(Said)
_AS_THE_DOOR_READS: Final = TypeAdapter(dict[str, Any])


def said_of(raw: bytes) -> Said:
    """The type and the account that a record says; never raises, and never reads another type than the door does."""
    try:
        return _SAID.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _slowly(raw)


def _slowly(raw: bytes) -> Said:
    """What the door's own parser reads: it takes numbers like NaN, and of a name said twice only the last value."""
    try:
        fields = _AS_THE_DOOR_READS.validate_json(raw)
    except ValidationError:
        return Said()
    type_, account = fields.get("type"), fields.get("account")
    return Said(type_ if isinstance(type_, str) else "", account if isinstance(account, str) else None)
