"""PostHog: a webhook destination posts what its template says; the usual one is the event and its person."""

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
from streams.connectors.wording import attributes_of, name_of

# What PostHog says about people and itself, not what somebody did.
_NOT_USE = ("$identify", "$set", "$create_alias", "$groupidentify", "$feature_flag_called", "$opt_in")


def events(request: Request) -> Sequence[Made]:
    """What the event says."""
    say, body = Saying("posthog", request), parsed(request.body)
    rows_ = body if isinstance(body, list) else [body]
    return [_one(say, row) for row in rows_]


def _one(say: Saying, row: Any) -> Made:
    event = table(row, "event")
    name, id_, told_at = text(event, "event"), word(event, "uuid"), moments.iso(event.get("timestamp"))
    properties = table(event, "properties")
    account = say.account(ours=_group(say, properties))
    person = say.person(ours=word(event, "distinct_id"))
    if id_ and name_of(name) and name not in _NOT_USE:
        return say.say("usage.recorded", id_, told_at, account, name=name_of(name), person=person)
    if id_ and name == "$groupidentify" and word(properties, "$group_key"):
        account = say.account(ours=word(properties, "$group_key"))
        said = table(properties, "$group_set")
        data = {"name": name_of(text(said, "name")), "plan": name_of(text(said, "plan"))}
        rest = {key: value for key, value in said.items() if key not in ("name", "plan")}
        return say.say("account.updated", id_, told_at, account, **data, attributes=attributes_of(rest))
    return say.unmapped(name or "unknown", id_=id_, at=told_at, account=account, person=person, body=orjson.dumps(row))


def _group(say: Saying, properties: dict[str, Any]) -> str:
    """The property the operator named, else the first group: as a rule there is one kind of group, the company."""
    groups = table(at(properties, "$groups"))
    return say.account_in(properties) or next((word(value) for value in groups.values() if word(value)), "")


POSTHOG = Connector(
    name="posthog",
    title="PostHog",
    schemes=(Scheme("secret", "the secret itself, in a header of the template", shared_secret),),
    keyed_by="us",
    dedupes="`event.uuid`",
    event_time="`event.timestamp`",
    ordering="`event.timestamp`",
    handshake="none",
    limit_seconds=None,
    steps=(
        "Data pipeline → Destinations → New → HTTP Webhook. Webhook URL: {url}   Method: POST",
        "Headers: X-Millrace-Secret: {secret}",
        'JSON body: {"event": "{event}", "person": "{person}"}',
    ),
    events=events,
)
