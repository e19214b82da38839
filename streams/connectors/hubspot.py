"""HubSpot: arrays of single changes of any object; only new values are told, and only ids of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, hubspot_v1, hubspot_v2, hubspot_v3
from streams.connectors.wording import attributes_of, name_of

_OBJECTS = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket"}
CHANNELS = {"EMAIL": "email", "CHAT": "chat", "FORM": "web", "API": "api", "PHONE": "phone", "CALLING": "phone"}


def events(request: Request) -> Sequence[Made]:
    """What each element of the array says."""
    say, body = Saying("hubspot", request), parsed(request.body)
    if not isinstance(body, list):
        return (say.unmapped("unknown"),)
    return [_one(say, change) for change in body]


def _one(say: Saying, change: Any) -> Made:
    kind, told_at = text(change, "subscriptionType"), moments.milliseconds(at(change, "occurredAt"))
    family, _, what = kind.partition(".")
    family = _OBJECTS.get(text(change, "objectTypeId"), family) if family == "object" else family
    name = text(change, "propertyName")
    id_ = ":".join(word(change, key) for key in ("portalId", "subscriptionId", "objectId")) + f":{name}:{told_at}"
    if word(change, "objectId"):
        if family == "ticket":
            made = _of_ticket(say, what, change, (told_id(word(change, "objectId"), name, told_at), told_at))
            if made is not None:
                return made
        if family == "company" and what == "propertyChange" and name:
            return _of_company(say, change, f"{family}.{what}:{id_}", told_at)
    raw = orjson.dumps(change)
    # Owners and contacts are counted apart.
    contact = word(change, "objectId") if family == "contact" else ""
    person = say.person(f"contact:{contact}") if contact else None
    known = id_ if told_at is not None else ""
    return say.unmapped(kind or "unknown", id_=known, at=told_at, person=person, body=raw)


def told_id(ticket: str, name: str, told_at: int | None) -> str:
    """The id of a change of a ticket's property, which webhooks and the property's history tell alike."""
    return f"ticket.propertyChange:{ticket}:{name}:{told_at}"


def _of_ticket(say: Saying, what: str, change: Any, told: tuple[str, int | None]) -> Made | None:
    """None for what is not told of tickets here."""
    about, (id_, told_at) = AboutTicket(say, word(change, "objectId"), None), told
    if what == "creation":
        return about.opened(told_at, channel=CHANNELS.get(text(change, "changeSource"), "other"))
    if what == "deletion":
        return about.status_changed(f"ticket.deletion:{id_}", told_at, "deleted", status="closed")
    if what != "propertyChange":
        return None
    return property_changed(say, about, text(change, "propertyName"), word(change, "propertyValue"), (id_, told_at))


def property_changed(
    say: Saying, about: AboutTicket, name: str, value: str, told: tuple[str, int | None]
) -> Made | None:
    """What another value of a ticket's property says; None for a property that says nothing here."""
    id_, told_at = told
    match name:
        # Stages are numbers of the portal's own pipelines: the operator's list says what each means.
        case "hs_pipeline_stage" if value:
            return about.status_changed(id_, told_at, value)
        case "hs_ticket_priority" if value:
            return about.priority_changed(id_, told_at, value)
        case "hubspot_owner_id":
            return about.assigned(id_, told_at, assignee=say.person(value))
    return None


def _of_company(say: Saying, change: Any, id_: str, told_at: int | None) -> Made:
    name, value = text(change, "propertyName"), text(change, "propertyValue")
    account = say.account(word(change, "objectId"))
    if name == "name" and name_of(value):
        return say.say("account.updated", id_, told_at, account, name=name_of(value))
    if name == "hubspot_owner_id" and value:
        return say.say("account.updated", id_, told_at, account, owner=say.person(value))
    return say.say("account.updated", id_, told_at, account, attributes=attributes_of({name: value}))


HUBSPOT = Connector(
    name="hubspot",
    title="HubSpot",
    schemes=(
        Scheme("v3", "HMAC-SHA256 of method, address, body and timestamp, base64, at most 5 minutes old", hubspot_v3),
        Scheme(
            "v2", "SHA-256 of secret, method, address and body, for workflows that sign in no other way", hubspot_v2
        ),
        Scheme("v1", "SHA-256 of secret and body, for old apps that sign in no other way", hubspot_v1),
    ),
    keyed_by="tool",
    dedupes="object, property and `occurredAt`; `eventId` is not unique",
    event_time="`occurredAt` (milliseconds)",
    ordering="`occurredAt`",
    handshake="none",
    limit_seconds=5.0,
    steps=(
        "Developer account → your app → Webhooks. Target URL: {url}",
        (
            "Create subscriptions: ticket creation, and property changes of hs_pipeline_stage, hs_ticket_priority and "
            "hubspot_owner_id; company property changes as you need them."
        ),
        "Auth → Client secret: `millrace connect rotate {id} --secret -` takes it from standard input.",
        "Say what the stages of your pipelines mean: --status 1=new --status 2=pending --status 4=closed",
    ),
    events=events,
)
