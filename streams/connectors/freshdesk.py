"""Freshdesk: automation rules post what their template says: nothing signed, and as a rule without any instant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, table, text, word, words
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, secret_in_address
from streams.connectors.wording import digest_of, plain

# Bare words in braces, not JSON: {ticket_action:created}, {status:{from:2,to:6}}.
_TRIGGER = re.compile(r"(\w{1,60})\s*:\s*(?:\{\s*from\s*:([^,{}]{0,80}),\s*to\s*:([^,{}]{0,80})\}|([^,{}]{1,80}))")
_SOURCES = {"1": "email", "2": "web", "3": "phone", "7": "chat", "9": "web", "10": "email"}


def events(request: Request) -> Sequence[Made]:
    """What the rule's trigger says and the ticket's picture; a ticket as the API writes it, too."""
    say, body = Saying("freshdesk", request), parsed(request.body)
    hook = table(body, "freshdesk_webhook")
    if word(hook, "ticket_id"):
        return _of_rule(say, hook)
    if word(body, "id") and "status" in table(body) and "priority" in table(body):
        return of_api(say, table(body))
    return (say.unmapped("unknown"),)


def of_api(say: Saying, row: dict[str, Any]) -> Sequence[Made]:
    """A ticket as the API writes it: numbers for status, priority and people."""
    ours = say.account_in(at(row, "custom_fields"))
    about = AboutTicket(say, word(row, "id"), say.account(word(row, "company_id"), ours=ours))
    opened = about.opened(
        moments.iso(row.get("created_at")),
        title=text(row, "subject"),
        text=text(row, "description_text") or plain(text(row, "description")),
        channel=_SOURCES.get(word(row, "source"), "other"),
        requester=say.person(word(row, "requester_id")),
    )
    picture = Picture(
        status_raw=word(row, "status"),
        priority_raw=word(row, "priority"),
        assigned="responder_id" in row or "group_id" in row,
        group=word(row, "group_id"),
        assignee=say.person(word(row, "responder_id")),
        tags=words(row, "tags") if isinstance(row.get("tags"), list) else None,
    )
    return opened, about.snapshot(moments.iso(row.get("updated_at")), picture)


def _of_rule(say: Saying, hook: dict[str, Any]) -> Sequence[Made]:
    told_at = moments.iso(hook.get("event_time")) or moments.iso(hook.get("updated_at"))
    account = say.account(word(hook, "company_id"), ours=say.account_in(hook))
    about = AboutTicket(say, word(hook, "ticket_id"), account)
    picture = Picture(text(hook, "ticket_status"), None, text(hook, "ticket_priority"))
    key = digest_of(say.request.body) + (f":{say.request.received_at}" if told_at is None else "")
    made: list[Made] = []
    for name, _, to, value in _TRIGGER.findall(text(hook, "triggered_event")):
        match name, (to or value).strip():
            case "ticket_action", "created":
                made.append(_opened(say, about, hook, told_at))
            case "status", status if status:
                # The label says what a number of the account's own means; the operator's own words go first.
                label = picture.status_raw or status
                meant = next((say.statuses[own] for own in (status, label, label.lower()) if own in say.statuses), None)
                meant = meant or say.status(status) or say.status(label)
                made.append(about.status_changed(f"status:{key}", told_at, label, status=meant))
                picture = replace(picture, status_raw="")
            case "priority", priority if priority:
                made.append(about.priority_changed(f"priority:{key}", told_at, priority))
                picture = replace(picture, priority_raw="")
            case (("note_type" | "reply_sent" | "reply_received"), value):
                made.append(_wrote(say, about, hook, told_at, (name, value, key)))
    if not made:
        trigger = text(hook, "triggered_event") or "unnamed"
        person = _requester(say, hook)
        made.append(say.unmapped(trigger, id_=f"trigger:{key}", at=told_at, account=account, person=person))
    return *made, about.snapshot(told_at, picture)


def _opened(say: Saying, about: AboutTicket, hook: dict[str, Any], told_at: int | None) -> Made:
    return about.opened(
        moments.iso(hook.get("created_at")) or told_at,
        title=text(hook, "ticket_subject"),
        text=plain(text(hook, "ticket_description")),
        requester=_requester(say, hook),
    )


def _wrote(
    say: Saying, about: AboutTicket, hook: dict[str, Any], told_at: int | None, said: tuple[str, str, str]
) -> Made:
    """A reply or a note, with its text where the template has it."""
    name, value, key = said
    text_ = plain(text(hook, "latest_public_comment") or text(hook, "ticket_latest_public_comment"))
    if name == "reply_received":
        return about.customer_wrote(f"wrote:{key}", told_at, person=_requester(say, hook), text=text_)
    public = value != "private"
    requester = _requester(say, hook)
    return about.expert_wrote(
        f"wrote:{key}",
        told_at,
        expert=say.person(word(hook, "agent_id"), email=text(hook, "agent_email")),
        public=public,
        requester=requester,
        text=text_ if public else "",
    )


def _requester(say: Saying, hook: dict[str, Any]) -> str | None:
    return say.person(word(hook, "requester_id"), email=text(hook, "requester_email"))


_TEMPLATE = (
    '{"freshdesk_webhook": {"triggered_event": "{{triggered_event}}", "ticket_id": "{{ticket.id}}", '
    '"ticket_subject": "{{ticket.subject}}", "ticket_description": "{{ticket.description}}", '
    '"ticket_status": "{{ticket.status}}", "ticket_priority": "{{ticket.priority}}", '
    '"requester_email": "{{ticket.requester.email}}"}}'
)

FRESHDESK = Connector(
    name="freshdesk",
    title="Freshdesk",
    schemes=(
        Scheme("secret", "the secret itself, in a header, as a password or in the address", secret_in_address, True),
    ),
    keyed_by="us",
    dedupes="the whole body: equal bytes within an hour are one",
    event_time="`event_time` or `updated_at`, where the template has one, else when it came",
    ordering="none: the picture of a ticket is that of the moment",
    handshake="none",
    limit_seconds=None,
    steps=(
        "Admin → Workflows → Automations → New rule, once for ticket creation and once for updates.",
        "Action: Trigger webhook   Request type: POST   URL: {url}   Encoding: JSON   Content: Advanced",
        "Custom headers: X-Millrace-Secret: {secret}",
        f"Content: {_TEMPLATE}",
    ),
    events=events,
)
