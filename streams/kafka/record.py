"""What stands beside an intake record or a dead letter, said by Millrace's own doors and by the sequencer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from schemas.event import Event
from schemas.instant import format_instant
from schemas.reasons import ReasonName
from streams.kafka.headers import Headers, RawHeaders, journal_headers

ORIGIN = "millrace_origin"
BACKFILL = "millrace_backfill"
TRACE = "millrace_traceparent"
REFUSED = "millrace_refused"
HANDED_OVER = "millrace_handed_over"
# Of the dead letters: which intake records were counted in it.
COUNTED = "millrace_counted"

_decode_counted = msgspec.json.Decoder(dict[str, int]).decode


class RefusedAtDoor(msgspec.Struct, frozen=True):
    """Why a door refused a record, for the sequencer that keeps it as a dead letter."""

    letter: str
    reason: ReasonName
    detail: str
    where: str
    event_id: str | None = None


def headers_by_name(headers: RawHeaders | None) -> Mapping[str, bytes]:
    """Headers by name; of several of one name the last holds."""
    return {name: value for name, value in headers or () if value is not None}


def headers_of_event(event: Event, digest: bytes | None = None) -> Headers:
    """The headers of an event; in the journal with the digest of what the sender said, where that is known."""
    return journal_headers(event.type, event.id, event.source, format_instant(event.occurred_at), digest)


def said_intake(family: str, offset: int) -> str:
    """The stamp that names the intake record an event came from; its partition is the journal's."""
    return f"{family}:{offset}"


def read_intake(stamp: str) -> tuple[str, int]:
    """The family and the offset that a stamp names."""
    family, _, offset = stamp.rpartition(":")
    return family, int(offset)


def encode_counted(counted: Mapping[str, int]) -> bytes:
    """The header that says of a dead letter which intake records were counted in it."""
    return msgspec.json.encode(counted)


def decode_counted(headers: RawHeaders | None) -> dict[str, int]:
    """Which intake records were counted in a dead letter: of each partition ("tickets/3") the last offset."""
    return _decode_counted(headers_by_name(headers).get(COUNTED, b"{}"))
