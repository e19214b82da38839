"""Intercom: conversations and tickets, each notification with the newest parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.connectors import moments, scales
from streams.connectors.about_ticket import AboutTicket
from streams.connectors.contract import Answer, Connector, Made
from streams.connectors.reading import at, number, parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, hub_sha1
from streams.connectors.wording import attributes_of, name_of, plain

_WRITTEN = ("comment", "note")
# What may be said with a change of state or an assignment; without words it is the change alone.
_WRITTEN_BESIDE = ("close", "open", "assignment")
# Parts that tell another state, and the state.
STATE_PARTS = {
    "close": "closed",
    "open": "open",
    "snoozed": "snoozed",
    "unsnoozed": "open",
    "timer_unsnooze": "open",
}
_STATE_TOPICS = ("admin.closed", "admin.opened", "admin.snoozed", "admin.unsnoozed")
_WORD_TOPICS = ("user.replied", "admin.replied", "admin.noted", "operator.replied")


def events(request: Request) -> Sequence[Made]:
    """What a notification says; a ping says nothing."""
    say, body = Saying("intercom", request), parsed(request.body)
    topic, item = text(body, "topic"), table(body, "data", "item")
    family, _, what = topic.partition(".")
    if topic == "ping":
        return ()
    told_at = moments.seconds(at(body, "created_at"))
    made: Sequence[Made] = ()
    known = False
    if family == "conversation" and word(item, "id"):
        made, known = _of_conversation(say, what, body, item)
    elif family == "ticket" and word(item, "id"):
        made, known = _of_ticket(say, what, body, item)
    elif topic in ("company.created", "company.updated"):
        made = _of_company(say, body, item)
        known = bool(made)
    if known:
        return made
    # What is told of a contact is the contact itself.
    contact = {"user": item} if family == "contact" else item
    return (say.unmapped(topic or "unknown", id_=word(body, "id"), at=told_at, person=_customer(say, contact)),)


def _of_conversation(say: Saying, what: str, body: Any, item: dict[str, Any]) -> tuple[Sequence[Made], bool]:
    about, told_at = about_of(say, item), moments.seconds(at(body, "created_at"))
    id_ = word(body, "id")
    if what == "user.created":
        return (opened(say, about, item),), True
    if what in _WORD_TOPICS:
        parts = rows(item, "conversation_parts", "conversation_parts")
        said = [made for part in parts if (made := written(say, about, item, part)) is not None]
        return [*said, *moved(say, about, parts)], True
    if what in _STATE_TOPICS:
        part = table(item, "conversation_parts", "conversation_parts", -1)
        if word(part, "id") and text(part, "part_type") in STATE_PARTS:
            id_, told_at = word(part, "id"), moments.seconds(part.get("created_at")) or told_at
        state, by = text(item, "state"), writer(say, part)
        change = about.status_changed(f"state:{id_}", told_at, state, by=by)
        beside = written(say, about, item, part) if text(part, "part_type") in _WRITTEN_BESIDE else None
        return (change,) if beside is None else (beside, change), bool(state)
    if what in ("admin.assigned", "admin.open.assigned"):
        parts = rows(item, "conversation_parts", "conversation_parts")
        return _assigned(say, about, (f"assigned:{id_}", told_at), item, parts), True
    if what == "priority.updated":
        raw = text(item, "priority")
        return (about.priority_changed(f"priority:{id_}", told_at, raw),), bool(raw)
    if what == "rating.added":
        return rated(say, about, item), scales.five_rating(number(item, "conversation_rating", "rating")) is not None
    return (), False


def _of_ticket(say: Saying, what: str, body: Any, item: dict[str, Any]) -> tuple[Sequence[Made], bool]:
    about, told_at, id_ = about_of(say, item), moments.seconds(at(body, "created_at")), word(body, "id")
    parts = rows(item, "ticket_parts", "ticket_parts")
    match what:
        case "created":
            return (opened(say, about, item),), True
        case "state.updated" | "closed":
            return _moved(say, about, item, parts, (f"state:{id_}", told_at)), True
        case "note.created" | "contact.replied" | "admin.replied":
            return [made for part in parts if (made := written(say, about, item, part)) is not None], True
        case "admin.assigned" | "team.assigned":
            return _assigned(say, about, (f"assigned:{id_}", told_at), item, parts), True
    return (), False


def _moved(
    say: Saying, about: AboutTicket, item: dict[str, Any], parts: list[dict[str, Any]], told: tuple[str, int | None]
) -> Sequence[Made]:
    """The state that the newest part tells; a part that tells the same state twice tells nothing."""
    newest: dict[str, Any] = next((part for part in reversed(parts) if text(part, "ticket_state")), {})
    raw = text(newest, "ticket_state") or text(item, "ticket_state", "category")
    if not raw or raw == text(newest, "previous_ticket_state"):
        return ()
    id_ = f"state:{word(newest, 'id')}" if word(newest, "id") else told[0]
    told_at = moments.seconds(newest.get("created_at")) or told[1]
    return (about.status_changed(id_, told_at, raw, by=writer(say, newest)),)


def about_of(say: Saying, item: dict[str, Any]) -> AboutTicket:
    """A conversation or ticket, and whose it is."""
    ours = say.account_in(at(item, "custom_attributes")) or say.account_in(at(item, "ticket_attributes"))
    return AboutTicket(say, word(item, "id"), say.account(word(item, "company_id"), ours=ours))


def opened(say: Saying, about: AboutTicket, item: dict[str, Any]) -> Made:
    """How it began."""
    attributes = table(item, "ticket_attributes")
    first = table(item, "source") or table(item, "conversation_message")
    kind = text(first, "type")
    return about.opened(
        moments.seconds(item.get("created_at")),
        title=plain(text(attributes, "_default_title_") or text(item, "title") or text(first, "subject")),
        text=plain(text(attributes, "_default_description_") or text(first, "body")),
        channel="email" if kind == "email" else "social" if kind in ("facebook", "twitter", "whatsapp") else "chat",
        requester=_customer(say, item),
    )


def moved(say: Saying, about: AboutTicket, parts: list[dict[str, Any]]) -> list[Made]:
    """Changes of state that stand among what was written, such as a reply that opens a closed conversation."""
    return [
        about.status_changed(
            f"state:{word(part, 'id')}",
            moments.seconds(part.get("created_at")),
            STATE_PARTS[text(part, "part_type")],
            by=writer(say, part),
        )
        for part in parts
        if word(part, "id") and text(part, "part_type") in STATE_PARTS
    ]


def written(say: Saying, about: AboutTicket, item: dict[str, Any], part: dict[str, Any]) -> Made | None:
    """One thing somebody wrote; None for what is not written."""
    body, kind = plain(text(part, "body")), text(part, "part_type")
    if not word(part, "id") or not (kind in _WRITTEN or (body and kind in _WRITTEN_BESIDE)):
        return None
    id_, written_at = f"part:{word(part, 'id')}", moments.seconds(part.get("created_at"))
    author = text(part, "author", "type")
    if author == "bot":
        return about.bot_wrote(id_, written_at, body)
    if author in ("user", "lead", "contact"):
        return about.customer_wrote(id_, written_at, person=_speaker(say, item, part), text=body)
    return about.expert_wrote(
        id_,
        written_at,
        expert=writer(say, part),
        public=kind != "note",
        requester=_customer(say, item),
        text=body,
    )


def _assigned(
    say: Saying, about: AboutTicket, told: tuple[str, int | None], item: dict[str, Any], parts: list[dict[str, Any]]
) -> Sequence[Made]:
    """What was said with it, and whose it is. Admins are numbers in conversations, text in tickets; "0" is nobody."""
    beside = (written(say, about, item, part) for part in parts if text(part, "part_type") == "assignment")
    group, assignee = word(item, "team_assignee_id"), say.person(word(item, "admin_assignee_id"))
    change = about.assigned(*told, group="" if group == "0" else group, assignee=assignee)
    return *(made for made in beside if made is not None), change


def rated(say: Saying, about: AboutTicket, item: dict[str, Any]) -> Sequence[Made]:
    """How the customer rated it, if so."""
    said = table(item, "conversation_rating")
    rating = scales.five_rating(number(said, "rating"))
    if rating is None:
        return ()
    rated_at = moments.seconds(said.get("updated_at")) or moments.seconds(said.get("created_at"))
    person = say.person(word(said, "contact", "id"), ours=word(said, "contact", "external_id"))
    id_ = f"rating:{word(item, 'id')}:{rated_at}:{rating.score}"
    return (about.rated(id_, rated_at, rating, person=person, comment=plain(text(said, "remark"))),)


def _of_company(say: Saying, body: Any, item: dict[str, Any]) -> Sequence[Made]:
    account = say.account(word(item, "id"), ours=word(item, "company_id"))
    if account is None:
        return ()
    told_at = moments.seconds(item.get("updated_at")) or moments.seconds(at(body, "created_at"))
    data = {"name": name_of(text(item, "name")), "plan": name_of(text(item, "plan", "name"))}
    attributes = attributes_of(table(item, "custom_attributes"))
    return (say.say("account.updated", f"company:{word(body, 'id')}", told_at, account, **data, attributes=attributes),)


def _customer(say: Saying, item: dict[str, Any]) -> str | None:
    """Who asked: of several contacts the one who began, or the first where staff did."""
    author = word(item, "source", "author", "id")
    contact = _contact_of(item, author) or next(iter(_contacts(item)), {})
    return say.person(word(contact, "id") or author, ours=_ours(contact))


def _speaker(say: Saying, item: dict[str, Any], part: dict[str, Any]) -> str | None:
    """Which of the contacts wrote a part; also one who is no longer in the conversation."""
    author = word(part, "author", "id")
    return say.person(author, ours=_ours(_contact_of(item, author))) if author else _customer(say, item)


def _contacts(item: dict[str, Any]) -> list[dict[str, Any]]:
    return rows(item, "contacts", "contacts") or [table(item, "user")]


def _contact_of(item: dict[str, Any], id_: str) -> dict[str, Any]:
    return next((contact for contact in _contacts(item) if id_ and word(contact, "id") == id_), {})


def _ours(contact: dict[str, Any]) -> str:
    return word(contact, "external_id") or word(contact, "user_id")


def writer(say: Saying, part: Any) -> str | None:
    """Who wrote a part."""
    return say.person(word(part, "author", "id"))


def _probed(_: Request) -> Answer:
    return Answer()


INTERCOM = Connector(
    name="intercom",
    title="Intercom",
    schemes=(Scheme("intercom", "HMAC-SHA1 of the body under the app's client secret, hex", hub_sha1),),
    keyed_by="tool",
    dedupes="body `id`; parts by their own id",
    event_time="`created_at` (seconds), of a part its own",
    ordering="`created_at`, part ids",
    handshake="HEAD is answered with 200; the topic `ping` says nothing",
    limit_seconds=5.0,
    steps=(
        "Developer Hub → your app → Configure → Webhooks → Endpoint URL: {url}",
        "Choose the conversation and ticket topics: created, replied, noted, closed, opened, snoozed, assigned, rated.",
        "Basic information → Client secret: `millrace connect rotate {id} --secret -` takes it from standard input.",
    ),
    events=events,
    probe={"HEAD": _probed},
)
