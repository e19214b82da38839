"""Zendesk: event webhooks, which tell the whole ticket beside the change, and triggers with our template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from streams.connectors import moments, scales
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, rows, table, text, word, words
from streams.connectors.request import Request
from streams.connectors.saying import Saying, is_true
from streams.connectors.signatures import Scheme, zendesk
from streams.connectors.wording import plain_if_html

DELETED = "deleted"  # the status of what the export still lists
_CHANNELS = {
    "email": "email",
    "chat": "chat",
    "native_messaging": "chat",
    "messaging": "chat",
    "voice": "phone",
    "phone": "phone",
    "web": "web",
    "web_form": "web",
    "help_center": "web",
    "api": "api",
    "facebook": "social",
    "twitter": "social",
    "instagram_dm": "social",
    "whatsapp": "social",
}
_KIND = "zen:event-type:"
# Also what is marked as spam is deleted; of what is gone for good the deletion was told before, if nothing was lost.
_DELETIONS = ("soft_deleted", "permanently_deleted", "marked_as_spam")


def events(request: Request) -> Sequence[Made]:
    """The change and the ticket's picture after it; of a trigger's template and an exported page, the pictures."""
    say, body = Saying("zendesk", request), parsed(request.body)
    kind = text(body, "type").removeprefix(_KIND)
    if _is_foreign(request, body):
        return (say.unmapped("another account"),)
    if kind.startswith("ticket.") and word(body, "detail", "id"):
        return _of_event(say, kind, body)
    if rows(body, "tickets"):
        return [made for row in rows(body, "tickets") for made in of_export(say, row)]
    if word(body, "ticket", "id"):
        return (_of_trigger(say, table(body, "ticket")),)
    told_at = moments.iso(at(body, "time"))
    person = say.person(word(body, "detail", "id")) if kind.startswith("user.") else None
    return (say.unmapped(kind or "unknown", id_=word(body, "id"), at=told_at, person=person),)


def of_export(say: Saying, row: dict[str, Any]) -> Sequence[Made]:
    """A ticket as the export and the API write it: numbers for ids, words in lower case."""
    told_at = moments.iso(row.get("updated_at"))
    about = AboutTicket(say, word(row, "id"), say.account(word(row, "organization_id")))
    if text(row, "status") == DELETED:
        # The rest may be scrubbed; how it was opened is not told by what is no more.
        return (about.snapshot(told_at, Picture(DELETED)),)
    made = [_opened(say, about, row), about.snapshot(told_at, _picture(say, row))]
    rating = scales.zendesk_rating(text(row, "satisfaction_rating", "score"))
    if rating is not None:
        person = say.person(word(row, "requester_id"))
        comment = text(row, "satisfaction_rating", "comment")
        id_ = f"rating:{about.ticket}:{rating.score}:{told_at}"
        made.append(about.rated(id_, told_at, rating, person=person, comment=comment))
    return made


def _of_event(say: Saying, kind: str, body: Any) -> Sequence[Made]:
    detail, id_ = table(body, "detail"), word(body, "id")
    told_at = moments.iso(at(body, "time")) or moments.iso(detail.get("updated_at"))
    about = AboutTicket(say, word(detail, "id"), say.account(word(detail, "organization_id")))
    picture, by = _picture(say, detail), say.person(word(detail, "actor_id"))
    current = word(body, "event", "current")
    what = kind.removeprefix("ticket.")
    if what in _DELETIONS:
        # `detail` may tell the status before, and words that were scrubbed.
        return (about.status_changed(f"deleted:{id_}", told_at, DELETED, by=by, status="closed"),)
    match what:
        case "created":
            told = _opened(say, about, detail)
        case "comment_added" if table(body, "event", "comment"):
            told = _comment(say, about, body, told_at)
        case "status_changed" if current:
            told = about.status_changed(f"status:{id_}", told_at, current, by=by)
            picture = replace(picture, status_raw="")
        case "priority_changed" if current:
            told = about.priority_changed(f"priority:{id_}", told_at, current, by=by)
            picture = replace(picture, priority_raw="")
        case "agent_assignment_changed" | "group_assignment_changed":
            told = about.assigned(f"assigned:{id_}", told_at, group=picture.group, assignee=picture.assignee)
            picture = replace(picture, assigned=False)
        case "custom_status_changed" | "tags_changed":
            return (about.snapshot(told_at, picture),)
        case _:
            requester = say.person(word(detail, "requester_id"))
            told = say.unmapped(kind, id_=id_, at=told_at, account=about.account, person=requester)
    return told, about.snapshot(told_at, picture)


def _opened(say: Saying, about: AboutTicket, ticket: dict[str, Any]) -> Made:
    return about.opened(
        moments.iso(ticket.get("created_at")),
        title=text(ticket, "subject"),
        text=plain_if_html(text(ticket, "description")),
        channel=_CHANNELS.get(text(ticket, "via", "channel"), "other"),
        requester=say.person(word(ticket, "requester_id")),
    )


def _picture(say: Saying, ticket: dict[str, Any]) -> Picture:
    return Picture(
        status_raw=text(ticket, "status"),
        priority_raw=text(ticket, "priority"),
        assigned="assignee_id" in ticket or "group_id" in ticket,
        group=word(ticket, "group_id"),
        assignee=say.person(word(ticket, "assignee_id")),
        tags=words(ticket, "tags") if isinstance(ticket.get("tags"), list) else None,
    )


def _comment(say: Saying, about: AboutTicket, body: Any, told_at: int | None) -> Made:
    comment = table(body, "event", "comment")
    # A comment without an id is named by the event that told it.
    named = comment if word(comment, "id") else comment | {"id": word(body, "id")}
    # The API tells the second in which the ticket changed of what the event tells with a fraction: both are one.
    written_at = moments.iso(at(body, "detail", "updated_at")) or told_at
    return commented(say, about, named, word(body, "detail", "requester_id"), written_at)


def commented(say: Saying, about: AboutTicket, comment: dict[str, Any], requester: str, told_at: int | None) -> Made:
    """What somebody wrote on a ticket; `requester` is the tool's id of who asked."""
    author = word(comment, "author", "id") or word(comment, "author_id")
    staff = is_true(at(comment, "author", "is_staff"))
    # A recorded form names the author and not whether it is staff: then it is whoever did not ask.
    if staff is None:
        staff = author != requester
    # Events bear `body` alone, so that it goes first of the three that the API tells.
    written = text(comment, "body") or text(comment, "plain_body") or text(comment, "html_body")
    id_ = f"comment:{word(comment, 'id')}"
    person, said = say.person(author), plain_if_html(written)
    if not staff:
        return about.customer_wrote(id_, told_at, person=person, text=said)
    public = is_true(comment.get("is_public")) is not False
    return about.expert_wrote(id_, told_at, expert=person, public=public, requester=say.person(requester), text=said)


def _of_trigger(say: Saying, ticket: dict[str, Any]) -> Made:
    """Our template for triggers: labels instead of words, tags as one text, no change and no author."""
    account = say.account(word(ticket, "organization", "id"), ours=word(ticket, "organization", "external_id"))
    about = AboutTicket(say, word(ticket, "id"), account)
    tags = text(ticket, "tags").split() if isinstance(ticket.get("tags"), str) else None
    picture = Picture(text(ticket, "status"), None, text(ticket, "priority"), tags=tags)
    return about.snapshot(moments.iso(ticket.get("updated_at_with_timestamp")), picture)


def _is_foreign(request: Request, body: Any) -> bool:
    """Whether the body speaks for another account than the operator named, or than the unsigned header names."""
    told = word(body, "account_id")
    expected = (request.setup.vendor_account, request.header("x-zendesk-account-id"))
    return bool(told) and any(one not in ("", told) for one in expected)


ZENDESK = Connector(
    name="zendesk",
    title="Zendesk",
    schemes=(Scheme("zendesk", "HMAC-SHA256 of timestamp and body, base64, at most 5 minutes old", zendesk),),
    keyed_by="tool",
    dedupes="body `id`; the same comment or picture under another id is one, too",
    event_time="`time` (nanoseconds)",
    ordering="`time`",
    handshake="none",
    limit_seconds=10.0,
    steps=(
        "Admin Center → Apps and integrations → Webhooks → Create webhook → Zendesk events.",
        "Endpoint URL: {url}   Request method: POST   Request format: JSON",
        "Choose the ticket events: created, comment added, status, priority, agent, group and tags changed.",
        "Create, then Reveal secret: `millrace connect rotate {id} --secret -` takes it from standard input.",
    ),
    events=events,
    overloaded=409,
)
