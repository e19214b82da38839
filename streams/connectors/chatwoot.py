"""Chatwoot: conversations and messages; which of them a body is, its `event` says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schemas.instant import SECOND
from streams.connectors import moments, scales
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, number, parsed, rows, table, text, word, words
from streams.connectors.request import Request
from streams.connectors.saying import Saying, is_true
from streams.connectors.signatures import Scheme, chatwoot, secret_in_address
from streams.connectors.wording import digest_of, name_of, plain_if_html, title_of

_CHANNELS = {
    "WebWidget": "chat",
    "Email": "email",
    "Api": "api",
    "Whatsapp": "social",
    "FacebookPage": "social",
    "TwitterProfile": "social",
    "Telegram": "social",
    "Line": "social",
    "Instagram": "social",
    "Sms": "phone",
    "TwilioSms": "phone",
}
_BOTS = ("agent_bot", "captain_assistant")


def events(request: Request) -> Sequence[Made]:
    """What the event says, and the picture of its conversation."""
    say, body = Saying("chatwoot", request), table(parsed(request.body))
    kind = text(body, "event")
    made: Sequence[Made] = ()
    if kind in ("conversation_created", "conversation_status_changed", "conversation_updated") and word(body, "id"):
        made = of_conversation(say, kind, body)
    elif kind in ("message_created", "message_updated") and word(body, "conversation", "id"):
        made = of_message(say, kind, body)
    elif kind in ("contact_created", "contact_updated"):
        made = _of_contact(say, body)
    return made or (say.unmapped(kind or "unknown", at=_time_of(body), person=_told_of(say, kind, body)),)


def of_conversation(say: Saying, kind: str, convo: dict[str, Any]) -> Sequence[Made]:
    """What became of a conversation, and last its picture."""
    about, told_at = _about(say, convo), _time_of(convo)
    picture = _picture(say, convo)
    if kind == "conversation_created":
        first = text(convo, "messages", 0, "content")
        opened = about.opened(
            moments.seconds(convo.get("created_at")),
            title=title_of(plain_if_html(first)),
            channel=_CHANNELS.get(text(convo, "channel").removeprefix("Channel::"), "other"),
            requester=_contact(say, table(convo, "meta", "sender")),
        )
        return opened, about.snapshot(told_at, picture)
    changed = next((row for row in rows(convo, "changed_attributes") if "status" in row), {})
    raw = text(changed, "status", "current_value") or text(convo, "status")
    if kind == "conversation_status_changed" and raw:
        id_ = f"status:{word(convo, 'id')}:{told_at}:{raw}"
        rest = about.snapshot(told_at, replace(picture, status_raw=""))
        return about.status_changed(id_, told_at, raw), rest
    return (about.snapshot(told_at, picture),)


def of_message(say: Saying, kind: str, message: dict[str, Any]) -> Sequence[Made]:
    """What was written, or how it was rated; nothing where the message says neither."""
    convo = table(message, "conversation")
    about, written_at = _about(say, convo), _written_at(message)
    customer = _contact(say, table(convo, "meta", "sender"))
    id_ = f"message:{word(message, 'id')}"
    if text(message, "content_type") == "input_csat" and kind == "message_updated":
        said = table(message, "content_attributes", "submitted_values", "csat_survey_response")
        rating, comment = scales.five_rating(number(said, "rating")), text(said, "feedback_message")
        if rating is None:
            return ()
        key = f"csat:{word(message, 'id')}:{digest_of(str(rating.score), comment)}"
        return (about.rated(key, written_at, rating, person=customer, comment=plain_if_html(comment)),)
    if kind != "message_created":
        return ()
    words_ = plain_if_html(text(message, "content"))
    match text(message, "message_type"):
        case "incoming":
            return (about.customer_wrote(id_, written_at, person=customer, text=words_),)
        case "outgoing" if text(message, "sender", "type") not in _BOTS:
            expert = say.person(word(message, "sender", "id"))
            public = is_true(message.get("private")) is not True
            return (about.expert_wrote(id_, written_at, expert=expert, public=public, requester=customer, text=words_),)
        case "outgoing" | "template":
            return (about.bot_wrote(id_, written_at, words_),)
    return ()


def _of_contact(say: Saying, contact: dict[str, Any]) -> Sequence[Made]:
    """A contact that names its company says what the account is called. Nobody says when."""
    account = say.account(ours=say.account_in(at(contact, "custom_attributes")))
    name = name_of(text(contact, "additional_attributes", "company_name"))
    if account is None or name is None:
        return ()
    id_ = f"contact:{word(contact, 'id')}:{digest_of(name)}:{say.request.received_at}"
    return (say.say("account.updated", id_, None, account, name=name),)


def _about(say: Saying, convo: dict[str, Any]) -> AboutTicket:
    sender = table(convo, "meta", "sender")
    ours = say.account_in(at(convo, "custom_attributes")) or say.account_in(at(sender, "custom_attributes"))
    return AboutTicket(say, word(convo, "id"), say.account(ours=ours))


def _picture(say: Saying, convo: dict[str, Any]) -> Picture:
    return Picture(
        status_raw=text(convo, "status"),
        priority_raw=text(convo, "priority"),
        assigned="assignee" in table(convo, "meta"),
        group=text(convo, "meta", "team", "name"),
        assignee=say.person(word(convo, "meta", "assignee", "id")),
        tags=words(convo, "labels") if isinstance(convo.get("labels"), list) else None,
    )


def _told_of(say: Saying, kind: str, body: dict[str, Any]) -> str | None:
    """The contact whom the body is about, itself or by a conversation."""
    convo = table(body, "conversation") or body
    contact = body if kind.startswith("contact_") else table(body, "contact") or table(convo, "meta", "sender")
    return _contact(say, contact)


def _contact(say: Saying, contact: dict[str, Any]) -> str | None:
    """Contacts and agents are counted apart: one may have the other's number."""
    number_ = word(contact, "id")
    native = f"contact:{number_}" if number_ else ""
    return say.person(native, ours=text(contact, "identifier"), email=text(contact, "email"))


def _written_at(message: dict[str, Any]) -> int | None:
    """Whole seconds, as the API tells them of what webhooks tell with a fraction: both are one event."""
    told_at = moments.seconds(message.get("created_at")) or moments.iso(message.get("created_at"))
    return None if told_at is None else told_at - told_at % SECOND


def _time_of(body: dict[str, Any]) -> int | None:
    """`updated_at` is seconds with a fraction in conversations; messages tell ISO text."""
    return moments.seconds(body.get("updated_at")) or moments.iso(body.get("created_at"))


CHATWOOT = Connector(
    name="chatwoot",
    title="Chatwoot",
    schemes=(
        Scheme("chatwoot", "HMAC-SHA256 of timestamp and body, hex, at most 5 minutes old", chatwoot),
        Scheme("secret", "the secret in the address, for installations that do not sign yet", secret_in_address, True),
    ),
    keyed_by="tool",
    dedupes="messages by id; conversations by id, `updated_at` and content, for one change may come under two ids",
    event_time="`created_at` of a message, `updated_at` of a conversation",
    ordering="`updated_at`",
    handshake="none",
    limit_seconds=5.0,
    steps=(
        "Settings → Integrations → Webhooks → Add new webhook. URL: {url}",
        "Choose: conversation created, status changed and updated, message created and updated, contact updated.",
        "Copy the webhook's secret: `millrace connect rotate {id} --secret -` takes it from standard input.",
        "Chatwoot never sends again what was not taken: `millrace pull` fetches what was missed.",
    ),
    events=events,
)
