"""CloudEvents over HTTP in structured, batched and binary mode: our own types as they are, others kept unmapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson

from schemas.registry import BY_NAME
from streams.connectors import moments
from streams.connectors.contract import MEBIBYTE, Answer, Connector, Made
from streams.connectors.reading import at, parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying, event_id
from streams.connectors.signatures import Scheme, shared_secret
from streams.connectors.wording import id_of

_BATCH = "application/cloudevents-batch"
_STRUCTURED = "application/cloudevents"
# Attributes that are passed on beside those every event has.
_PASSED = ("traceparent", "dataschema")


def events(request: Request) -> Sequence[Made]:
    """Each event of the request, whatever the mode."""
    say = Saying("cloudevents", request)
    media = request.header("content-type").strip().lower()
    if "ce-specversion" in request.headers and not media.startswith(_STRUCTURED):
        attributes = {name[3:]: _decoded(value) for name, value in request.headers.items() if name.startswith("ce-")}
        told = {"datacontenttype": media.partition(";")[0]} if media else {}
        return (_one(say, {**told, **attributes, "data": parsed(request.body)}),)
    body = parsed(request.body)
    if isinstance(body, list):
        return [_one(say, event) for event in body]
    return (_one(say, body),)


def is_taken(kind: str) -> bool:
    """Whether a type of ours may be said by whoever holds a connection's secret: no settings, nothing of our own."""
    row = BY_NAME.get(kind)
    return row is not None and row.origin == "door" and row.topic not in ("settings", "system")


def _one(say: Saying, event: Any) -> Made:
    kind, id_ = text(event, "type"), text(event, "id")
    told_at = moments.iso(at(event, "time"))
    account = say.account(ours=word(event, "account"))
    if is_taken(kind) and id_ and isinstance(at(event, "data"), dict):
        return _ours(say, event, told_at, account)
    account = account or say.account(ours=word(event, "partitionkey"))
    named = f"{text(event, 'source')}:{id_}" if id_ else ""
    # Sorted, so that one event is one whatever mode it came in.
    raw = say.request.body if event is None else orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    return say.unmapped(kind or "unknown", id_=named, at=told_at, account=account, body=raw)


def _ours(say: Saying, event: dict[str, Any], told_at: int | None, account: str | None) -> Made:
    """An event of our own vocabulary: its data is looked at where every event's is."""
    source = id_of(f"{say.label}:{text(event, 'source')}") or say.label
    occurred_at = say.request.received_at if told_at is None else told_at
    passed = {name: text(event, name) for name in _PASSED if text(event, name)}
    return Made(
        text(event, "type"),
        event_id(text(event, "id")),
        source,
        occurred_at,
        account,
        table(event, "data"),
        timed=told_at is not None,
        attributes=passed,
    )


def _decoded(value: str) -> str:
    """A header's value: quotes are taken off, then percent-codes become what they stand for."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return unquote(value, errors="replace")


def _allowed(request: Request) -> Answer:
    """The abuse protection of the webhook profile: whoever asks before sending may send."""
    origin = request.header("webhook-request-origin")
    headers: Mapping[str, str] = {"Allow": "POST", "WebHook-Allowed-Rate": "*"}
    if origin.isascii() and origin.isprintable() and 0 < len(origin) < 254:
        headers = {**headers, "WebHook-Allowed-Origin": origin}
    return Answer(200, headers=headers)


CLOUDEVENTS = Connector(
    name="cloudevents",
    title="CloudEvents (any sender)",
    schemes=(Scheme("secret", "the secret itself, as a bearer token or in a header", shared_secret),),
    keyed_by="us",
    dedupes="`source` and `id`",
    event_time="`time`",
    ordering="`time`",
    handshake="OPTIONS is answered as the webhook profile asks",
    limit_seconds=None,
    steps=(
        "Send events in structured, batched or binary mode to {url}",
        "Header: Authorization: Bearer {secret}",
        "`millrace schemas export` writes the schema of every type; other types are kept and not understood.",
    ),
    events=events,
    probe={"OPTIONS": _allowed},
    largest_body_bytes=4 * MEBIBYTE,
)
