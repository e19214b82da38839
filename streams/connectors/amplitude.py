"""Amplitude: events in the form of its export, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from streams.connectors import moments
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, shared_secret
from streams.connectors.wording import name_of


def events(request: Request) -> Sequence[Made]:
    """What each event says."""
    say, body = Saying("amplitude", request), parsed(request.body)
    rows_ = body if isinstance(body, list) else [body]
    return [_one(say, row) for row in rows_]


def _one(say: Saying, row: Any) -> Made:
    kind, id_ = text(row, "event_type"), word(row, "$insert_id") or word(row, "uuid")
    # The export writes times without a zone and means UTC.
    told_at = moments.iso(at(row, "event_time"), zone="Z")
    account = say.account(ours=_group(say, row))
    person = say.person(ours=word(row, "user_id") or word(row, "device_id"))
    if id_ and name_of(kind) and not kind.startswith("$"):
        return say.say("usage.recorded", id_, told_at, account, name=name_of(kind), person=person)
    raw = orjson.dumps(row)
    return say.unmapped(kind or "unknown", id_=id_, at=told_at, account=account, person=person, body=raw)


def _group(say: Saying, row: Any) -> str:
    ours = say.account_in(at(row, "event_properties")) or say.account_in(at(row, "user_properties"))
    groups = (word(value) or word(value, 0) for value in table(row, "groups").values())
    return ours or next((group for group in groups if group), "")


AMPLITUDE = Connector(
    name="amplitude",
    title="Amplitude",
    schemes=(Scheme("secret", "the secret itself, in a custom header", shared_secret),),
    keyed_by="us",
    dedupes="`$insert_id`, else `uuid`",
    event_time="`event_time`, in UTC",
    ordering="`event_time`",
    handshake="none",
    limit_seconds=None,
    steps=(
        "Data → Catalog → Destinations → Webhook. Webhook URL: {url}   Payload: Amplitude events",
        "Custom header: X-Millrace-Secret: {secret}",
    ),
    events=events,
)
