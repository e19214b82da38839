"""HubSpot's tickets by their last change, with the history of the properties that webhooks tell.

https://developers.hubspot.com/docs/api-reference/search/guide
https://developers.hubspot.com/docs/api-reference/crm-tickets-v3/guide
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Made
from streams.connectors.hubspot import CHANNELS, property_changed, told_id
from streams.connectors.pulling import Ask, Details, NotUnderstood, Page, Puller, bearer, listed, mark, marked, read_on
from streams.connectors.reading import at, number, rows, text, word
from streams.connectors.saying import Saying
from streams.connectors.wording import plain_if_html

_AT_ONCE = 200
_MILLISECOND = 1_000
_CHANGED = "hs_lastmodifieddate"
_TOLD = ("hs_pipeline_stage", "hs_ticket_priority", "hubspot_owner_id")
_SHOWN = ("subject", "content", "source_type", "createdate", _CHANGED)


def _headers(_: str, token: str) -> Mapping[str, str]:
    return bearer(token)


def _begin(since: int | None) -> str:
    return mark(str(0 if since is None else since // _MILLISECOND), 1)


def _ask(cursor: str) -> Ask:
    since, place = marked(cursor)
    changed = {"propertyName": _CHANGED, "operator": "GTE", "value": since}
    body: dict[str, Any] = {
        "filterGroups": [{"filters": [changed]}],
        "sorts": [{"propertyName": _CHANGED, "direction": "ASCENDING"}],
        "properties": list(_SHOWN),
        "limit": _AT_ONCE,
    }
    if place > 1:
        body["after"] = str((place - 1) * _AT_ONCE)
    return Ask("/crm/v3/objects/tickets/search", body=body)


def _page(cursor: str, body: Any) -> Page:
    found = listed(body, "results")
    following, whole = read_on(cursor, [_changed_ms(row) for row in found], _AT_ONCE)
    return Page(found, following, whole, number(body, "total"))


def _changed_ms(ticket: dict[str, Any]) -> str:
    """When it changed last, as the search takes it: milliseconds as text. Raises NotUnderstood."""
    said = text(ticket, "properties", _CHANGED) or text(ticket, "updatedAt")
    changed_at = moments.iso(said)
    if changed_at is None:
        raise NotUnderstood(f"a ticket does not say {_CHANGED}")
    return str(changed_at // _MILLISECOND)


def _detail(ticket: dict[str, Any]) -> Ask | None:
    id_ = quote(word(ticket, "id"), safe="")
    return Ask(f"/crm/v3/objects/tickets/{id_}", (("propertiesWithHistory", ",".join(_TOLD)),)) if id_ else None


def _events(say: Saying, ticket: dict[str, Any], details: Details) -> Sequence[Made]:
    if not word(ticket, "id"):
        return ()
    about = AboutTicket(say, word(ticket, "id"), None)
    made = [_opened(say, about, ticket)]
    for body in details:
        for name in _TOLD:
            for change in rows(body, "propertiesWithHistory", name):
                told_at = moments.iso(change.get("timestamp"))
                told = (told_id(word(ticket, "id"), name, told_at), told_at)
                one = property_changed(say, about, name, word(change, "value"), told)
                made += [] if one is None else [one]
    return made


def _opened(say: Saying, about: AboutTicket, ticket: dict[str, Any]) -> Made:
    """A webhook tells of an opening that it happened; the words stand here alone, so this is an event of its own."""
    opened = about.opened(
        moments.iso(at(ticket, "properties", "createdate")) or moments.iso(ticket.get("createdAt")),
        title=text(ticket, "properties", "subject"),
        text=plain_if_html(text(ticket, "properties", "content")),
        channel=CHANNELS.get(text(ticket, "properties", "source_type"), "other"),
    )
    told_at = opened.occurred_at if opened.timed else None
    return say.say(opened.type, f"{opened.id}:pulled", told_at, opened.account, **opened.data)


PULL = Puller(
    source="hubspot",
    address="https://api.hubapi.com",
    brings="the access token of a private app with the scope `tickets` (Settings → Integrations → Private apps)",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    # What is left of an offset beyond the search's end, or of a window that moved.
    gone=frozenset((400,)),
    pages_a_minute=120,
)
