"""Help Scout: the body is the conversation itself; a header names what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments, scales
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, help_scout
from streams.connectors.wording import digest_of, plain

_WRITTEN = {
    "convo.customer.reply.created": "customer",
    "convo.agent.reply.created": "message",
    "convo.note.created": "note",
}
_PICTURED = ("convo.status", "convo.assigned", "convo.tags", "convo.moved")
_CHANNELS = {"email": "email", "chat": "chat", "beacon-v2": "chat", "phone": "phone", "web": "web", "api": "api"}


def events(request: Request) -> Sequence[Made]:
    """What the header names, and the picture of the conversation where there is one."""
    say, body = Saying("helpscout", request), parsed(request.body)
    kind = request.header("x-helpscout-event")
    if kind == "helpscout.test":
        return ()
    if kind == "satisfaction.ratings":
        return _rated(say, body)
    convo = table(body)
    told_at = moments.iso(convo.get("userUpdatedAt")) or moments.iso(convo.get("createdAt"))
    if kind == "convo.deleted" and word(convo, "id"):
        # Nothing but the id is told.
        gone = f"deleted:{told_at or request.received_at}"
        return (AboutTicket(say, word(convo, "id"), None).status_changed(gone, told_at, "deleted", status="closed"),)
    if not (kind.startswith("convo.") and word(convo, "id") and text(convo, "status")):
        # What is told of a customer is the customer itself.
        told = {"primaryCustomer": convo} if kind.startswith("customer.") else convo
        person = _customer(say, told)
        return (say.unmapped(kind or "unknown", id_=_key(say, kind, convo), at=told_at, person=person),)
    ours = say.account_named(at(convo, "customFields"))
    about = AboutTicket(say, word(convo, "id"), say.account(ours=ours))
    picture = about.snapshot(told_at, _picture(say, convo))
    if kind == "convo.created":
        return _opened(say, about, convo), picture
    if kind in _WRITTEN:
        written = _newest(say, about, convo, _WRITTEN[kind])
        if written is not None:
            return written, picture
    if kind in _PICTURED:
        return (picture,)
    key, person = _key(say, kind, convo), _customer(say, convo)
    return say.unmapped(kind, id_=key, at=told_at, account=about.account, person=person), picture


def _opened(say: Saying, about: AboutTicket, convo: dict[str, Any]) -> Made:
    threads = [thread for thread in rows(convo, "_embedded", "threads") if text(thread, "type") == "customer"]
    first = min(threads, key=_written_at, default={})
    return about.opened(
        moments.iso(convo.get("createdAt")),
        title=text(convo, "subject"),
        text=plain(text(first, "body") or text(convo, "preview")),
        channel=_CHANNELS.get(text(convo, "source", "type") or text(convo, "type"), "other"),
        requester=_customer(say, convo),
    )


def _newest(say: Saying, about: AboutTicket, convo: dict[str, Any], kind: str) -> Made | None:
    threads = [thread for thread in rows(convo, "_embedded", "threads") if text(thread, "type") == kind]
    newest = max(threads, key=_written_at, default=None)
    if newest is None:
        return None
    id_, written_at = f"thread:{word(newest, 'id')}", moments.iso(newest.get("createdAt"))
    said, author = plain(text(newest, "body")), word(newest, "createdBy", "id")
    if kind == "customer":
        person = say.person(_native(author)) or _customer(say, convo)
        return about.customer_wrote(id_, written_at, person=person, text=said)
    expert, requester = say.person(author), _customer(say, convo)
    return about.expert_wrote(id_, written_at, expert=expert, public=kind != "note", requester=requester, text=said)


def _picture(say: Saying, convo: dict[str, Any]) -> Picture:
    return Picture(
        status_raw=text(convo, "status"),
        assigned=True,
        group=word(convo, "mailboxId"),
        assignee=say.person(word(convo, "assignee", "id")),
        tags=[text(tag, "tag") or text(tag, "name") for tag in rows(convo, "tags")],
    )


def _rated(say: Saying, body: Any) -> Sequence[Made]:
    rated_at = moments.iso(at(body, "createdAt"))
    rating = scales.help_scout_rating(word(body, "rating") or word(body, "rating_id"))
    convo, person = word(body, "conversationId"), say.person(_native(word(body, "customer", "id")))
    id_ = f"rating:{word(body, 'id')}"
    if rating is None or not convo:
        return (say.unmapped("satisfaction.ratings", id_=id_, at=rated_at, person=person),)
    about = AboutTicket(say, convo, None)
    return (about.rated(id_, rated_at, rating, person=person, comment=plain(text(body, "comments"))),)


def _customer(say: Saying, convo: dict[str, Any]) -> str | None:
    customer = table(convo, "primaryCustomer")
    return say.person(_native(word(customer, "id")), email=text(customer, "email"))


def _native(customer: str) -> str:
    """Customers and users are counted apart: one may have the other's number."""
    return f"customer:{customer}" if customer else ""


def _key(say: Saying, kind: str, convo: dict[str, Any]) -> str:
    return f"{kind}:{word(convo, 'id')}:{digest_of(say.request.body)}"


def _written_at(thread: dict[str, Any]) -> tuple[int, str]:
    return moments.iso(thread.get("createdAt")) or 0, word(thread, "id")


HELP_SCOUT = Connector(
    name="helpscout",
    title="Help Scout",
    schemes=(Scheme("helpscout", "HMAC-SHA1 of the body, base64", help_scout),),
    keyed_by="us",
    dedupes="threads by id; pictures by conversation, instant and content",
    event_time="`userUpdatedAt`, of a thread its own",
    ordering="`userUpdatedAt`",
    handshake="the event `helpscout.test` says nothing",
    limit_seconds=None,
    steps=(
        "Manage → Apps → Webhooks → Install.",
        "Callback URL: {url}   Secret key: {secret}",
        "Choose: conversation created, replies, note, status, assigned, tags, moved, and satisfaction ratings.",
    ),
    events=events,
)
