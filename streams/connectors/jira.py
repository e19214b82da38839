"""Jira and Jira Service Management: issues with their change log, and comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.values import Status
from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import MEBIBYTE, Connector, Made
from streams.connectors.reading import at, parsed, rows, table, text, word, words
from streams.connectors.request import Request
from streams.connectors.rich_text import words_of
from streams.connectors.saying import Saying, is_true
from streams.connectors.scales import jira_status
from streams.connectors.signatures import Scheme, jira_hub, jira_jwt


def events(request: Request) -> Sequence[Made]:
    """The changes of an issue and its picture, or a comment."""
    say, body = Saying("jira", request), parsed(request.body)
    kind, told_at = text(body, "webhookEvent"), moments.milliseconds(at(body, "timestamp"))
    # An issue that moves to another project, or whose project is renamed, gets another key and keeps its id.
    issue = word(body, "issue", "id") or word(body, "issue", "key")
    if issue:
        fields = table(body, "issue", "fields")
        about = AboutTicket(say, issue, _account(say, fields))
        match kind:
            case "jira:issue_created":
                return _created(say, about, body, told_at)
            case "jira:issue_updated":
                return _updated(say, about, body, told_at)
            case "jira:issue_deleted":
                return (about.status_changed(f"deleted:{told_at}", told_at, "deleted", status="closed"),)
            case "comment_created" if word(body, "comment", "id"):
                return (_comment(say, about, body),)
    author = at(body, "comment", "author") or at(body, "issue", "fields", "reporter")
    return (say.unmapped(kind or "unknown", at=told_at, person=_person(say, author)),)


def _created(say: Saying, about: AboutTicket, body: Any, told_at: int | None) -> Sequence[Made]:
    fields = table(body, "issue", "fields")
    opened = about.opened(
        moments.iso(fields.get("created")) or told_at,
        # The key is what people call it by.
        title=" ".join(filter(None, (word(body, "issue", "key"), text(fields, "summary")))),
        text=words_of(fields.get("description")),
        channel="web",
        requester=_person(say, at(fields, "reporter")),
    )
    return opened, about.snapshot(told_at, _picture(say, fields))


def _updated(say: Saying, about: AboutTicket, body: Any, told_at: int | None) -> Sequence[Made]:
    fields, log = table(body, "issue", "fields"), word(body, "changelog", "id")
    picture, by = _picture(say, fields), _person(say, at(body, "user"))
    made: list[Made] = []
    for item in rows(body, "changelog", "items"):
        name, to = text(item, "field"), text(item, "toString")
        id_ = f"change:{log or told_at}:{name}"
        if name == "status" and to:
            made.append(about.status_changed(id_, told_at, to, by=by, status=_status(say, fields, to)))
            picture = replace(picture, status_raw="")
        elif name == "priority" and to:
            made.append(about.priority_changed(id_, told_at, to, by=by))
            picture = replace(picture, priority_raw="")
        elif name == "assignee":
            made.append(about.assigned(id_, told_at, assignee=say.person(word(item, "to"))))
            picture = replace(picture, assigned=False)
    if word(body, "comment", "id"):
        made.append(_comment(say, about, body))
    if not made and not any(text(item, "field") == "labels" for item in rows(body, "changelog", "items")):
        id_ = f"change:{log}" if log else ""
        reporter = _person(say, fields.get("reporter"))
        made.append(say.unmapped("jira:issue_updated", id_=id_, at=told_at, account=about.account, person=reporter))
    return *made, about.snapshot(told_at, picture)


def _comment(say: Saying, about: AboutTicket, body: Any) -> Made:
    """Whether the customer sees it is told by service projects only; where it is not told, it is for colleagues."""
    comment = table(body, "comment")
    id_, written_at = f"comment:{word(comment, 'id')}", moments.iso(comment.get("created"))
    author, said = _person(say, comment.get("author")), words_of(comment.get("body"))
    requester = _person(say, at(body, "issue", "fields", "reporter"))
    # Who asks by an account of their own, as employees do, is no customer by type.
    if text(comment, "author", "accountType") == "customer" or (author is not None and author == requester):
        return about.customer_wrote(id_, written_at, person=author, text=said)
    public = is_true(comment.get("jsdPublic")) is True
    return about.expert_wrote(id_, written_at, expert=author, public=public, requester=requester, text=said)


def _picture(say: Saying, fields: dict[str, Any]) -> Picture:
    raw = text(fields, "status", "name")
    return Picture(
        status_raw=raw,
        status=_status(say, fields, raw),
        priority_raw=text(fields, "priority", "name"),
        assigned="assignee" in fields,
        assignee=_person(say, fields.get("assignee")),
        tags=words(fields, "labels") if isinstance(fields.get("labels"), list) else None,
    )


def _status(say: Saying, fields: dict[str, Any], raw: str) -> Status | None:
    """The category stands beside the issue's status of now, which a change need not have led to."""
    is_now = raw == text(fields, "status", "name")
    category = text(fields, "status", "statusCategory", "key") if is_now else ""
    return jira_status(raw, category, say.statuses)


def _person(say: Saying, user: Any) -> str | None:
    return say.person(word(user, "accountId") or word(user, "name"))


def _account(say: Saying, fields: dict[str, Any]) -> str | None:
    """The field the operator named, which in a service project may hold a list of organisations."""
    field = say.request.setup.account_field
    found = fields.get(field)
    if isinstance(found, list):
        return say.account(word(found, 0, "id"), ours=word(found, 0))
    if isinstance(found, dict):
        return say.account(word(found, "id"), ours=word(found, "value"))
    return say.account(ours=word(fields, field))


JIRA = Connector(
    name="jira",
    title="Jira and Jira Service Management",
    schemes=(
        Scheme("jira", "HMAC of the body, hex, by the method named before it (SHA-256 and up)", jira_hub),
        Scheme("jwt", "a JWT under HS256, for webhooks that an OAuth or Connect app registered", jira_jwt),
    ),
    keyed_by="us",
    dedupes="changes by `changelog.id`, comments by id",
    event_time="`timestamp` (milliseconds), of a comment its own",
    ordering="`timestamp`, `changelog.id`",
    handshake="none",
    limit_seconds=30.0,
    steps=(
        "Settings → System → WebHooks → Create a WebHook. URL: {url}   Secret: {secret}",
        "Events: issue created and updated, comment created. Leave `Exclude body` off.",
        "Organisations live in a custom field of your site: name it with --account-field customfield_10048.",
    ),
    events=events,
    largest_body_bytes=25 * MEBIBYTE,
)
