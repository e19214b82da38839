"""Segment: what people do in the product, and the groups they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from streams.connectors import moments
from streams.connectors.contract import MEBIBYTE, Connector, Made
from streams.connectors.reading import at, first_element, parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, segment
from streams.connectors.wording import attributes_of, name_of

_KNOWN_TRAITS = ("name", "plan", "email", "phone", "address", "avatar")


def events(request: Request) -> Sequence[Made]:
    """What each call says; of a batch whose first element alone is signed, that one."""
    say = Saying("segment", request)
    # Nobody vouches for what follows the first element, not even for its being JSON.
    body = parsed((first_element(request.body)[0] or b"") if request.first_only else request.body)
    return [_one(say, call) for call in (body if isinstance(body, list) else [body])]


def _one(say: Saying, call: Any) -> Made:
    kind, id_ = text(call, "type"), word(call, "messageId")
    told_at = moments.iso(at(call, "timestamp")) or moments.iso(at(call, "receivedAt"))
    ours = say.account_in(at(call, "properties")) or word(call, "context", "groupId")
    account, person = say.account(ours=ours), say.person(ours=word(call, "userId") or word(call, "anonymousId"))
    if id_:
        if kind == "track" and name_of(text(call, "event")):
            return say.say("usage.recorded", id_, told_at, account, name=name_of(text(call, "event")), person=person)
        if kind in ("page", "screen"):
            return say.say("usage.recorded", id_, told_at, account, name=f"{kind} viewed", person=person)
        if kind == "group" and word(call, "groupId"):
            return _group(say, call, id_, told_at)
    return say.unmapped(kind or "unknown", id_=id_, at=told_at, account=account, person=person, body=orjson.dumps(call))


def _group(say: Saying, call: Any, id_: str, told_at: int | None) -> Made:
    traits = table(call, "traits")
    account = say.account(ours=word(call, "groupId"))
    rest = {name: value for name, value in traits.items() if name not in _KNOWN_TRAITS}
    data = {"name": name_of(text(traits, "name")), "plan": name_of(text(traits, "plan"))}
    return say.say("account.updated", id_, told_at, account, **data, attributes=attributes_of(rest))


SEGMENT = Connector(
    name="segment",
    title="Segment",
    schemes=(
        Scheme("segment", "HMAC-SHA1 of the body, hex, of a batch its first element only; or the secret", segment),
    ),
    keyed_by="us",
    dedupes="`messageId`",
    event_time="`timestamp`, which Segment corrects for the sender's clock",
    ordering="`timestamp`",
    handshake="none",
    limit_seconds=5.0,
    steps=(
        "Connections → Destinations → Webhooks (Actions). URL: {url}   Shared secret: {secret}",
        "Add the header X-Millrace-Secret: {secret}, or leave batching off: of a batch Segment signs the first only.",
        "Map track and group; the account is `context.groupId`.",
    ),
    events=events,
    largest_body_bytes=4 * MEBIBYTE,
)
