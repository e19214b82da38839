"""Zendesk's history: the incremental export by cursor, and of each ticket its audits.

The export tells how a ticket stands, the audits tell what was written and changed, by whom and when.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from schemas.instant import SECOND
from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Made
from streams.connectors.pulling import Ask, Details, NotUnderstood, Page, Puller, basic, bearer, listed
from streams.connectors.reading import at, number, rows, text, word
from streams.connectors.saying import Saying
from streams.connectors.zendesk import DELETED, commented, of_export

_AT_ONCE = "1000"
_STAFF = ("agent", "admin")
_FROM, _AT = "from:", "at:"


def _headers(user: str, token: str) -> Mapping[str, str]:
    """An API token belongs to a person; a token without one is of OAuth."""
    return basic(f"{user}/token", token) if user else bearer(token)


def _begin(since: int | None) -> str:
    return f"{_FROM}{0 if since is None else since // SECOND}"


def _ask(cursor: str) -> Ask:
    path = "/api/v2/incremental/tickets/cursor.json"
    if cursor.startswith(_FROM):
        return Ask(path, (("start_time", cursor.removeprefix(_FROM)), ("per_page", _AT_ONCE)))
    return Ask(path, (("cursor", cursor.removeprefix(_AT)), ("per_page", _AT_ONCE)))


def _page(cursor: str, body: Any) -> Page:
    found, whole = listed(body, "tickets"), at(body, "end_of_stream") is True
    after = text(body, "after_cursor")
    if not after and not whole:
        raise NotUnderstood("the answer has neither `after_cursor` nor `end_of_stream`")
    return Page(found, f"{_AT}{after}" if after else cursor, whole)


def _detail(ticket: dict[str, Any]) -> Ask | None:
    if text(ticket, "status") == DELETED or not word(ticket, "id"):
        return None
    path = f"/api/v2/tickets/{quote(word(ticket, 'id'), safe='')}/audits.json"
    return Ask(path, (("include", "users"), ("page[size]", "100")))


def _more(_: dict[str, Any], asked: Ask, body: Any) -> Ask | None:
    after = text(body, "meta", "after_cursor")
    if at(body, "meta", "has_more") is not True or not after:
        return None
    return Ask(asked.path, (*(one for one in asked.query if one[0] != "page[after]"), ("page[after]", after)))


def _events(say: Saying, ticket: dict[str, Any], details: Details) -> Sequence[Made]:
    if text(ticket, "status") == DELETED:
        return of_export(say, ticket)
    about = AboutTicket(say, word(ticket, "id"), say.account(word(ticket, "organization_id")))
    staff = {
        word(user, "id"): text(user, "role") in _STAFF
        for body in details
        for user in rows(body, "users")
        if text(user, "role")
    }
    made = list(of_export(say, ticket))
    is_first = True
    audits = [audit for body in details for audit in rows(body, "audits")]
    for audit in sorted(audits, key=lambda audit: (text(audit, "created_at"), number(audit, "id") or 0)):
        for change in rows(audit, "events"):
            if text(change, "type") != "Comment":
                made += _changed(say, about, audit, change)
            elif is_first:
                # The first comment is the description, which the opening tells.
                is_first = False
            else:
                made.append(_comment(say, about, ticket, audit, change, staff))
    return made


def _changed(say: Saying, about: AboutTicket, audit: dict[str, Any], change: dict[str, Any]) -> Sequence[Made]:
    told_at, by = moments.iso(audit.get("created_at")), say.person(word(audit, "author_id"))
    id_, value = f"audit:{word(change, 'id')}", text(change, "value")
    if text(change, "type") != "Change" or not value or not word(change, "id"):
        return ()
    if text(change, "field_name") == "status":
        return (about.status_changed(id_, told_at, value, by=by),)
    if text(change, "field_name") == "priority":
        return (about.priority_changed(id_, told_at, value, by=by),)
    return ()


def _comment(
    say: Saying,
    about: AboutTicket,
    ticket: dict[str, Any],
    audit: dict[str, Any],
    change: dict[str, Any],
    staff: Mapping[str, bool],
) -> Made:
    author = word(change, "author_id") or word(audit, "author_id")
    comment = {
        "id": word(change, "id"),
        "author": {"id": author, "is_staff": staff.get(author)},
        "plain_body": text(change, "plain_body"),
        "body": text(change, "body"),
        "html_body": text(change, "html_body"),
        "is_public": change.get("public"),
    }
    return commented(say, about, comment, word(ticket, "requester_id"), moments.iso(audit.get("created_at")))


PULL = Puller(
    source="zendesk",
    address="https://SUBDOMAIN.zendesk.com",
    brings="an API token (Admin Center → Apps and integrations → APIs) and --user EMAIL, or an OAuth token alone",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    detail=_detail,
    more=_more,
    gone=frozenset((400, 404, 410, 422)),
    pages_a_minute=10,
)
