"""Zammad: a trigger posts the whole ticket and its newest article; what happened is not said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying, is_true
from streams.connectors.signatures import Scheme, hub_sha1
from streams.connectors.wording import plain, text_of

_CHANNELS = {"email": "email", "phone": "phone", "web": "web", "chat": "chat", "sms": "phone", "note": "other"}
# The owner of what nobody owns.
_NOBODY = ("1", "")


def events(request: Request) -> Sequence[Made]:
    """The opening or the article, whichever the newest article is, and the ticket's picture."""
    say, body = Saying("zammad", request), parsed(request.body)
    ticket, article = table(body, "ticket"), table(body, "article")
    if not word(ticket, "id"):
        return (say.unmapped(request.header("x-zammad-trigger") or "unknown"),)
    return of_ticket(say, ticket, article)


def of_ticket(say: Saying, ticket: dict[str, Any], article: dict[str, Any]) -> Sequence[Made]:
    """What an article says, if there is one, and last the ticket's picture."""
    about = AboutTicket(say, word(ticket, "id"), _account(say, ticket))
    made: list[Made] = []
    if word(article, "id"):
        is_first = word(article, "id") == word(ticket, "article_ids", 0)
        made.append(_opened(say, about, ticket, article) if is_first else _article(say, about, ticket, article))
    return *made, about.snapshot(moments.iso(ticket.get("updated_at")), _picture(say, ticket))


def _opened(say: Saying, about: AboutTicket, ticket: dict[str, Any], article: dict[str, Any]) -> Made:
    return about.opened(
        moments.iso(ticket.get("created_at")),
        title=text(ticket, "title"),
        text=_words(article),
        channel=_CHANNELS.get(text(ticket, "create_article_type"), "other"),
        requester=_customer(say, ticket),
    )


def _article(say: Saying, about: AboutTicket, ticket: dict[str, Any], article: dict[str, Any]) -> Made:
    id_, written_at = f"article:{word(article, 'id')}", moments.iso(article.get("created_at"))
    match text(article, "sender"):
        case "Customer":
            return about.customer_wrote(id_, written_at, person=_customer(say, ticket), text=_words(article))
        case "System":
            return about.bot_wrote(id_, written_at, _words(article))
    return about.expert_wrote(
        id_,
        written_at,
        expert=say.person(word(article, "created_by_id") or word(article, "created_by", "id")),
        public=is_true(article.get("internal")) is not True,
        requester=_customer(say, ticket),
        text=_words(article),
    )


def _picture(say: Saying, ticket: dict[str, Any]) -> Picture:
    state, owner = text(ticket, "state"), word(ticket, "owner_id") or word(ticket, "owner", "id")
    return Picture(
        status_raw=state,
        # States are named by whoever runs the desk, in any language: their number may be in the operator's list.
        status=say.statuses.get(word(ticket, "state_id")),
        priority_raw=text(ticket, "priority", "name") or word(ticket, "priority_id"),
        assigned=bool(owner) or "group" in ticket,
        group=text(ticket, "group", "name"),
        assignee=None if owner in _NOBODY else say.person(owner),
    )


def _account(say: Saying, ticket: dict[str, Any]) -> str | None:
    organization = table(ticket, "organization")
    native = word(organization, "id") or word(ticket, "organization_id")
    return say.account(native, ours=say.account_in(organization) or say.account_in(ticket))


def _customer(say: Saying, ticket: dict[str, Any]) -> str | None:
    native = word(ticket, "customer_id") or word(ticket, "customer", "id")
    return say.person(native, email=text(ticket, "customer", "email"))


def _words(article: dict[str, Any]) -> str:
    body = text(article, "body")
    return text_of(body) if text(article, "content_type").startswith("text/plain") else plain(body)


ZAMMAD = Connector(
    name="zammad",
    title="Zammad",
    schemes=(Scheme("zammad", "HMAC-SHA1 of the body, hex", hub_sha1),),
    keyed_by="us",
    dedupes="articles by id; pictures by ticket, `updated_at` and content",
    event_time="`article.created_at`, `ticket.updated_at`",
    ordering="`ticket.updated_at`, `article.id`",
    handshake="none",
    limit_seconds=30.0,
    steps=(
        "Manage → Webhook → New webhook. Endpoint: {url}   HMAC SHA1 signature token: {secret}   Payload: preset",
        "Manage → Trigger → New trigger. Condition: action is created or updated   Execute: webhook, that one.",
        "Where an API user of yours writes back, leave out what it updated, or its changes come back as events.",
    ),
    events=events,
)
