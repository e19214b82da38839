"""Reading what strangers wrote: functions take anything, find what is of the kind asked for, and never raise."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson


def parsed(body: bytes) -> Any:
    """The JSON value a body holds; None where it is no JSON, or nested more deeply than can be written again."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if body.count(b"[") + body.count(b"{") > _SURELY_FLAT:
        try:
            orjson.dumps([[found]])
        except TypeError:
            return None
    return found


# So many brackets are never too deep, wherever they stand.
_SURELY_FLAT = 200


def first_element(body: bytes) -> tuple[bytes | None, bool]:
    """The text of a JSON array's first element as it came, and whether there are more."""
    try:
        found = _ELEMENTS.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None, False
    return (bytes(found[0]), len(found) > 1) if found else (None, False)


_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def at(value: Any, *path: str | int) -> Any:
    """What stands at a path of keys and places; None where the path leads nowhere."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def table(value: Any, *path: str | int) -> dict[str, Any]:
    """The object there; an empty one for anything else."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def rows(value: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects of the array there."""
    found = at(value, *path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def words(value: Any, *path: str | int) -> list[str]:
    """The texts of the array there."""
    found = at(value, *path)
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def text(value: Any, *path: str | int) -> str:
    """The text there; an empty one for anything else."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def word(value: Any, *path: str | int) -> str:
    """The text or whole number there, as text: tools write ids as either."""
    found = at(value, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() if isinstance(found, str) else ""


def number(value: Any, *path: str | int) -> int | None:
    """The whole number there, also where it is written as text."""
    found = at(value, *path)
    if isinstance(found, str) and len(found) < 19 and found.strip().lstrip("-").isdecimal() and found.isascii():
        try:
            return int(found)
        except ValueError:
            return None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
