"""Intercom's history: conversations, then tickets, each by its last change, and of each its parts.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/tickets/searchtickets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from schemas.instant import SECOND
from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Made
from streams.connectors.intercom import about_of, moved, opened, rated, writer, written
from streams.connectors.pulling import Ask, Details, Page, Puller, bearer, listed
from streams.connectors.reading import number, rows, table, text, word
from streams.connectors.saying import Saying

_AT_ONCE = 150
_CONVERSATIONS, _TICKETS = "conversations", "tickets"


def _headers(_: str, token: str) -> Mapping[str, str]:
    return {**bearer(token), "Intercom-Version": "2.11", "Accept": "application/json"}


def _begin(since: int | None) -> str:
    return _cursor(_CONVERSATIONS, "0" if since is None else str(since // SECOND), "")


def _cursor(kind: str, since: str, after: str) -> str:
    return f"{kind}|{since}|{after}"


def _ask(cursor: str) -> Ask:
    kind, since, after = cursor.split("|", 2)
    pagination: dict[str, Any] = {"per_page": _AT_ONCE}
    if after:
        pagination["starting_after"] = after
    # A second earlier: whether `>` takes an instant itself is told in more than one way.
    changed = {"field": "updated_at", "operator": ">", "value": max(0, int(since) - 1)}
    sort = {"field": "updated_at", "order": "ascending"}
    return Ask(f"/{kind}/search", body={"query": changed, "pagination": pagination, "sort": sort})


def _page(cursor: str, body: Any) -> Page:
    kind, since, _ = cursor.split("|", 2)
    found, after = listed(body, kind), text(body, "pages", "next", "starting_after")
    rows_ = [{**row, "kind": kind} for row in found]
    total = number(body, "total_count")
    if after:
        return Page(rows_, _cursor(kind, since, after), False, total)
    if kind == _CONVERSATIONS:
        return Page(rows_, _cursor(_TICKETS, since, ""), False, total)
    return Page(rows_, "", True, total)


def _detail(row: dict[str, Any]) -> Ask | None:
    id_ = quote(word(row, "id"), safe="")
    return Ask(f"/{row['kind']}/{id_}") if id_ else None


def _events(say: Saying, row: dict[str, Any], details: Details) -> Sequence[Made]:
    item = table(details[0]) if details else row
    if not word(item, "id"):
        return ()
    about = about_of(say, item)
    if row["kind"] == _TICKETS:
        parts = rows(item, "ticket_parts", "ticket_parts")
        moves, state = _ticket_moves(say, about, parts), _ticket_state(item)
    else:
        parts = rows(item, "conversation_parts", "conversation_parts")
        moves, state = moved(say, about, parts), text(item, "state")
    said = [made for part in parts if (made := written(say, about, item, part)) is not None]
    picture = _picture(say, item, state)
    rating = rated(say, about, item)
    return opened(say, about, item), *said, *moves, *rating, about.snapshot(_changed_at(item), picture)


def _ticket_state(item: dict[str, Any]) -> str:
    return text(item, "ticket_state", "category") or text(item, "ticket_state")


def _ticket_moves(say: Saying, about: AboutTicket, parts: list[dict[str, Any]]) -> list[Made]:
    """Parts that tell another state than the one before."""
    made: list[Made] = []
    for part in parts:
        state = text(part, "ticket_state")
        if state and word(part, "id") and state != text(part, "previous_ticket_state"):
            told_at = moments.seconds(part.get("created_at"))
            made.append(about.status_changed(f"state:{word(part, 'id')}", told_at, state, by=writer(say, part)))
    return made


def _picture(say: Saying, item: dict[str, Any], state: str) -> Picture:
    priority, group = text(item, "priority"), word(item, "team_assignee_id")
    return Picture(
        status_raw=state,
        # What was never marked is not told by webhooks either.
        priority_raw="" if priority == "not_priority" else priority,
        assigned="admin_assignee_id" in item or "team_assignee_id" in item,
        group="" if group == "0" else group,
        assignee=say.person(word(item, "admin_assignee_id")),
    )


def _changed_at(item: dict[str, Any]) -> int | None:
    return moments.seconds(item.get("updated_at"))


PULL = Puller(
    source="intercom",
    address="https://api.intercom.io",
    brings="the access token of your app (Developer Hub → your app → Authentication)",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    gone=frozenset((400, 404, 422)),
    pages_a_minute=60,
)
