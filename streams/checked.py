"""What every door asks of a record before it is taken: the schema, its sender's claims, and its content's digest."""

from __future__ import annotations

from typing import NamedTuple

from schemas.decode import LARGEST_RECORD_BYTES, decode, encode_data
from schemas.event import Data, Event
from schemas.instant import DAY, format_instant, parse_instant
from schemas.reasons import Refusal
from schemas.registry import BY_NAME, dataschema
from streams.contradictions import refuse_contradictions
from streams.digest import content_digest
from streams.seen_ids import Entry

FURTHEST_FUTURE = DAY
_NO_STAMPS = dict.fromkeys(("language", "meaning", "redaction", "sealed", "epoch", "intake"))
OLDEST_TAKEN = parse_instant("1990-01-01T00:00:00Z")


class Checked(NamedTuple):
    """A record that holds: its bytes, its event, what it is recognised by, and what it says in JSON."""

    raw: bytes
    event: Event
    entry: Entry
    usage: bool
    data: bytes


def checked(raw: bytes, tenant: str, now: int, secret: bytes, *, own: bool = False) -> Checked:
    """The record these bytes say, stripped of every stamp they claim. Raises Refusal with the reason and the place.

    `own` lets pass what Millrace alone says. Contents are compared under the tenant's `secret`.
    """
    if len(raw) > LARGEST_RECORD_BYTES:
        raise Refusal("too_large", f"{len(raw):,} bytes; at most {LARGEST_RECORD_BYTES:,} are taken")
    event = decode(raw)
    row = BY_NAME[event.type]
    if row.origin != "door" and not own:
        raise Refusal("unknown_type", f"{event.type} is written by Millrace only", "type")
    if event.tenant and event.tenant != tenant:
        raise Refusal("tenant_mismatch", "the event names another tenant", "tenant")
    if event.occurred_at > now + FURTHEST_FUTURE:
        raise Refusal("future_dated", f"it says {format_instant(event.occurred_at)}", "time")
    if event.occurred_at < OLDEST_TAKEN:
        raise Refusal("ancient_dated", f"it says {format_instant(event.occurred_at)}", "time")
    refuse_contradictions(event.data)
    event.stamped(**_NO_STAMPS)
    data = encode_data(event.data)
    return Checked(raw, event, entry_of(tenant, event, data, secret), row.topic == "usage", data)


def conflict(event: Event) -> Refusal:
    """Why an event whose id was taken with other content is refused."""
    detail = f"source {event.source!r} and id {event.id!r} were taken with other content"
    return Refusal("conflict", detail, "id")


def own_event(tenant: str, data: Data, now: int, id: str, occurred_at: int | None = None) -> Event:
    """What Millrace itself has to say, as an event; `now` is its time unless it says another."""
    return Event.model_construct(
        id=id,
        source="millrace",
        type=data.type,
        dataschema=dataschema(data.type, data.version),
        occurred_at=now if occurred_at is None else occurred_at,
        tenant=tenant,
        data=data,
    )


def entry_of(tenant: str, event: Event, data: bytes, secret: bytes) -> Entry:
    """What a repeat of the event is recognised by; `data` is what it says in JSON."""
    return (tenant, event.source, event.id, content_digest(secret, _content(event, data)))


def _content(event: Event, data: bytes) -> bytes:
    """What two events of one id must agree on: everything the sender says."""
    return b"\n".join((event.type.encode(), b"%d" % event.occurred_at, (event.account or "").encode(), data))
