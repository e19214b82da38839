"""Zammad's history: tickets by their last change, and of each its articles and its organisation.

https://docs.zammad.org/en/latest/api/ticket/index.html
https://docs.zammad.org/en/latest/api/ticket/articles.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from schemas.instant import format_instant
from streams.connectors.contract import Made
from streams.connectors.pulling import Ask, Details, Page, Puller, listed, mark, marked, read_on
from streams.connectors.reading import rows, text, word
from streams.connectors.saying import Saying
from streams.connectors.zammad import of_ticket

_AT_ONCE = 100
_EVERYTHING = "1970-01-01T00:00:00Z"


def _headers(user: str, token: str) -> Mapping[str, str]:
    """An access token; one of OAuth is a bearer's, which a user named `oauth` asks for."""
    return {"Authorization": f"Bearer {token}" if user == "oauth" else f"Token token={token}"}


def _begin(since: int | None) -> str:
    return mark(_EVERYTHING if since is None else format_instant(since), 1)


def _ask(cursor: str) -> Ask:
    said, place = marked(cursor)
    return Ask(
        "/api/v1/tickets/search",
        (
            # Both ends of a range in brackets belong to it.
            ("query", f"updated_at:[{said} TO *]"),
            ("sort_by", "updated_at"),
            ("order_by", "asc"),
            ("expand", "true"),
            ("limit", str(_AT_ONCE)),
            ("per_page", str(_AT_ONCE)),
            ("page", str(place)),
        ),
    )


def _page(cursor: str, body: Any) -> Page:
    found = listed(body)
    following, whole = read_on(cursor, [text(row, "updated_at") for row in found], _AT_ONCE)
    return Page(found, following, whole)


def _detail(ticket: dict[str, Any]) -> Ask | None:
    id_ = quote(word(ticket, "id"), safe="")
    return Ask(f"/api/v1/ticket_articles/by_ticket/{id_}", (("expand", "true"),)) if id_ else None


def _more(ticket: dict[str, Any], asked: Ask, _: Any) -> Ask | None:
    """The organisation after the articles: whose the ticket is may stand there."""
    organization = quote(word(ticket, "organization_id"), safe="")
    if not organization or asked.path.startswith("/api/v1/organizations/"):
        return None
    return Ask(f"/api/v1/organizations/{organization}")


def _events(say: Saying, ticket: dict[str, Any], details: Details) -> Sequence[Made]:
    """What a trigger would have told of each article, and the picture. Names come where triggers tell objects."""
    if not word(ticket, "id"):
        return ()
    articles = listed(details[0]) if details else []
    organization = details[1] if len(details) > 1 and isinstance(details[1], dict) else {}
    shown = ticket | {
        "priority": {"name": text(ticket, "priority")},
        "group": {"name": text(ticket, "group")},
        "organization": organization,
        "customer": {},
        "owner": {},
        "article_ids": [article.get("id") for article in articles[:1]],
    }
    pictured = of_ticket(say, shown, {})
    told = [
        made for article in rows({"articles": articles}, "articles") for made in of_ticket(say, shown, article)[:-1]
    ]
    return *told, *pictured


PULL = Puller(
    source="zammad",
    address="https://HOST",
    brings="an access token that may read tickets (Profile → Token Access, permission ticket.agent)",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    more=_more,
    pages_a_minute=120,
)
