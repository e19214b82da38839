"""Bytes to events: validated once at the door, upcast when old, refused with a reason when neither."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

import orjson
from pydantic import Field, TypeAdapter, ValidationError, create_model

from schemas.event import Data, Event
from schemas.instant import format_instant
from schemas.reasons import Refusal
from schemas.registry import BY_NAME, EVENT_TYPES, EventType, dataschema

# Looked at by the door only: what is stamped there may make a record longer.
LARGEST_RECORD_BYTES = 1_048_576

# Python and others write these where they mean numbers.
_NO_NUMBER = re.compile(r"[:\[,]\s*(NaN|-?Infinity)\b")


def _envelope(row: EventType) -> type[Event]:
    fields: dict[str, Any] = {
        "type": (Literal[row.name], ...),
        "dataschema": (Literal[row.dataschema], row.dataschema),
        "data": (row.data, ...),
    }
    return create_model(f"{row.data.__name__}Event", __base__=Event, **fields)


# Attributes that are left out when nothing is known of them, in the order in which they are written.
_SAID_IF_KNOWN = tuple(
    name for name, field in Event.model_fields.items() if field.alias is None and field.default is None
)
ENVELOPES: dict[str, type[Event]] = {row.name: _envelope(row) for row in EVENT_TYPES if row.origin != "emitted"}
_UNION: Any = Union[tuple(ENVELOPES.values())]  # noqa: UP007
_ANY: TypeAdapter[Event] = TypeAdapter(Annotated[_UNION, Field(discriminator="type")])


def decode(raw: bytes) -> Event:
    """The event these bytes say, in its newest version. Raises Refusal with the reason and the place otherwise."""
    try:
        return _ANY.validate_json(raw)
    except ValidationError as error:
        return _decode_slowly(raw, error)


def encode(event: Event, data: bytes | None = None) -> bytes:
    """The event in CloudEvents JSON structured mode; attributes that are absent are left out.

    `data` is what `encode_data` says of its data, where that is known already.
    """
    said = event.__dict__
    known = {name: value for name in _SAID_IF_KNOWN if (value := said[name]) is not None}
    return b'{"specversion":"1.0","id":%b%b%d,%b"time":"%b","recordedtime":"%b","data":%b}' % (
        orjson.dumps(said["id"]),
        _kind_said(said["source"], said["type"], said["dataschema"], said["tenant"]),
        said["position"],
        orjson.dumps(known)[1:-1] + b"," if known else b"",
        format_instant(said["occurred_at"]).encode(),
        _recorded_said(said["recorded_at"]),
        encode_data(said["data"]) if data is None else data,
    )


@lru_cache(maxsize=64)
def _recorded_said(recorded_at: int) -> bytes:
    """The instant that all records of a batch have in common."""
    return format_instant(recorded_at).encode()


@lru_cache(maxsize=1_024)
def _kind_said(source: str, type_: str, schema: str, tenant: str) -> bytes:
    """What records of one kind from one source have in common, up to where the position is written."""
    common = {
        "source": source,
        "type": type_,
        "dataschema": schema,
        "datacontenttype": "application/json",
        "tenant": tenant,
    }
    return b"," + orjson.dumps(common)[1:-1] + b',"position":'


def encode_data(data: Data) -> bytes:
    """What an event says, in JSON; fields that say nothing are left out."""
    return data.__pydantic_serializer__.to_json(data, exclude_none=True)


def decode_stepped(raw: bytes) -> Event:
    """The event that a step was given: one of the journal, or one made between processors."""
    fields = orjson.loads(raw)
    row = BY_NAME[fields["type"]]
    if row.origin != "emitted":
        return decode(raw)
    data = row.data.model_validate_json(orjson.dumps(fields["data"]))
    return Event.model_validate({**fields, "data": data})


def _decode_slowly(raw: bytes, error: ValidationError) -> Event:
    """Finds out why validation failed; old versions are upcast and tried again."""
    fields = _fields(raw)
    name = fields.get("type")
    if not isinstance(name, str):
        raise Refusal("not_an_event", "the attribute `type` is missing", "type")
    row = BY_NAME.get(name)
    if row is None or row.origin == "emitted":
        raise Refusal("unknown_type", f"no event type is called {name[:80]!r}", "type")
    version = _version(row, fields.get("dataschema"))
    if version > row.data.version:
        raise Refusal("newer_version", f"{name} of version {version}; the newest known is {row.data.version}")
    if version == row.data.version:
        raise _refusal(error)
    return _upcast(row, version, fields)


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("invalid_utf8", error.reason, f"byte {error.start}") from error
    try:
        fields = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        number = _NO_NUMBER.search(text)
        said = f"JSON has no number {number[1]}" if number else str(error)[:200]
        place = f"character {error.pos}" if isinstance(error, orjson.JSONDecodeError) else ""
        raise Refusal("not_json", said, place) from error
    if not isinstance(fields, dict):
        raise Refusal("not_json", f"one JSON object is expected, not {type(fields).__name__}")
    return fields


def _version(row: EventType, schema: object) -> int:
    if schema is None:
        return row.data.version
    prefix = dataschema(row.name, 0)[:-1]
    number = schema.removeprefix(prefix) if isinstance(schema, str) and schema.startswith(prefix) else ""
    if not (number.isascii() and number.isdigit() and len(number) < 6 and int(number) > 0):
        raise Refusal("not_an_event", f"`dataschema` of {row.name} reads {row.dataschema!r}", "dataschema")
    return int(number)


def _upcast(row: EventType, version: int, fields: dict[str, Any]) -> Event:
    data = fields.get("data")
    if not isinstance(data, dict):
        raise Refusal("invalid_data", "`data` is not an object", "data")
    for old in range(version, row.data.version):
        data = row.upcasters[old](data)
    try:
        return _ANY.validate_json(orjson.dumps({**fields, "dataschema": row.dataschema, "data": data}))
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> Refusal:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    # Of a value that may be one of several kinds, the kind it nearly was says more than the first that it was not.
    first = next((one for one in found if not one["type"].endswith("_type")), found[0])
    place = [str(part) for part in first["loc"][1:]]
    if first["type"] == "json_invalid":
        return Refusal("not_json", first["msg"])
    reason: Literal["invalid_data", "not_an_event"] = "invalid_data" if place[:1] == ["data"] else "not_an_event"
    return Refusal(reason, first["msg"], ".".join(place))
