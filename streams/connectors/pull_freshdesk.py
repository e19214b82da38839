"""Freshdesk's history: tickets by their last change, and of each what was written on it.

https://developers.freshdesk.com/api/#list_all_tickets
https://developers.freshdesk.com/api/#list_all_ticket_notes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from schemas.instant import SECOND, format_instant, parse_instant
from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Made
from streams.connectors.freshdesk import of_api
from streams.connectors.pulling import (
    Ask,
    Details,
    NotUnderstood,
    Page,
    Puller,
    Voice,
    basic,
    listed,
    mark,
    marked,
    read_on,
)
from streams.connectors.reading import at, number, table, text, word
from streams.connectors.saying import Saying, is_true
from streams.connectors.wording import plain

_AT_ONCE = 100
# Without an instant Freshdesk shows the last 30 days only.
_EVERYTHING = "2000-01-01T00:00:00Z"
_BOTTOM = parse_instant(_EVERYTHING)


def _headers(_: str, token: str) -> Mapping[str, str]:
    """The key is the user; the password is not looked at."""
    return basic(token, "X")


def _begin(since: int | None) -> str:
    return mark(_EVERYTHING if since is None else format_instant(since - since % SECOND), 1)


def _ask(cursor: str) -> Ask:
    said, place = marked(cursor)
    # A second earlier: whether an instant itself is asked for, too, is not documented.
    since = max(_BOTTOM, (moments.iso(said) or _BOTTOM) - SECOND)
    return Ask(
        "/api/v2/tickets",
        (
            ("updated_since", format_instant(since)),
            ("order_by", "updated_at"),
            ("order_type", "asc"),
            ("include", "requester,description"),
            ("per_page", str(_AT_ONCE)),
            ("page", str(place)),
        ),
    )


def _page(cursor: str, body: Any) -> Page:
    found = listed(body)
    following, whole = read_on(cursor, [text(row, "updated_at") for row in found], _AT_ONCE)
    return Page(found, following, whole)


def _detail(ticket: dict[str, Any]) -> Ask | None:
    if not word(ticket, "id"):
        return None
    path = f"/api/v2/tickets/{quote(word(ticket, 'id'), safe='')}/conversations"
    return Ask(path, (("per_page", str(_AT_ONCE)), ("page", "1")))


def _more(_: dict[str, Any], asked: Ask, body: Any) -> Ask | None:
    if len(listed(body)) < _AT_ONCE:
        return None
    query = dict(asked.query)
    return Ask(asked.path, tuple((query | {"page": str(int(query["page"]) + 1)}).items()))


def _events(say: Saying, ticket: dict[str, Any], details: Details) -> Sequence[Made]:
    if not word(ticket, "id"):
        raise NotUnderstood("a ticket has no id")
    ours = say.account_in(at(ticket, "custom_fields"))
    about = AboutTicket(say, word(ticket, "id"), say.account(word(ticket, "company_id"), ours=ours))
    requester = _requester(say, ticket)
    opened, picture = of_api(say, ticket)
    made: list[Made] = [opened, picture]
    for body in details:
        made += [_wrote(say, about, requester, said) for said in listed(body) if word(said, "id")]
    # A rule tells no instant of an opening, so what it told of it and what is pulled are two events of one ticket.
    data = dict(opened.data) | ({"requester": requester} if requester else {})
    made[0] = say.say(opened.type, f"{opened.id}:pulled", opened.occurred_at, opened.account, **data)
    return made


def _requester(say: Saying, ticket: dict[str, Any]) -> str | None:
    """By the address where it is shown: a rule tells no more of a person."""
    email = text(ticket, "requester", "email")
    return say.person("" if email else word(ticket, "requester_id"), email=email)


def _wrote(say: Saying, about: AboutTicket, requester: str | None, said: dict[str, Any]) -> Made:
    id_, written_at = f"conversation:{word(said, 'id')}", moments.iso(said.get("created_at"))
    words = text(said, "body_text") or plain(text(said, "body"))
    if is_true(table(said).get("incoming")) is True:
        return about.customer_wrote(id_, written_at, person=requester, text=words)
    public = is_true(said.get("private")) is not True
    return about.expert_wrote(
        id_, written_at, expert=_expert(say, said), public=public, requester=requester, text=words
    )


def _voice(id_: str, type_: str, data: Any) -> Voice | None:
    """A rule says that somebody wrote, and not what: `wrote:` names its delivery, `conversation:` what was written."""
    named = id_.startswith("conversation:")
    if not named and not id_.startswith("wrote:"):
        return None
    said = data if isinstance(data, Mapping) else vars(data)
    author = "expert" if type_.startswith("expert.") else str(said.get("author"))
    public = type_ != "expert.noted" and said.get("public") is not False
    return Voice(str(said.get("ticket")), author, public, named)


def _expert(say: Saying, said: dict[str, Any]) -> str | None:
    return say.person(word(said, "user_id")) if number(said, "user_id") else None


PULL = Puller(
    source="freshdesk",
    address="https://DOMAIN.freshdesk.com",
    brings="the API key of an agent who sees all tickets (Profile settings → View API key)",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    more=_more,
    voice=_voice,
    pages_a_minute=20,
)
