"""Salesforce: change events, forwarded from a stream, and outbound messages, which tell a record as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from streams.connectors import moments
from streams.connectors.about_ticket import AboutTicket, Picture
from streams.connectors.contract import Answer, Connector, Made
from streams.connectors.outbound_message import (
    ACK,
    Notification,
    OutboundMessage,
    is_xml,
    read_message,
    without_session,
)
from streams.connectors.reading import parsed, table, text, word, words
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, secret_in_address
from streams.connectors.wording import attributes_of, digest_of, name_of, text_of

_CHANNELS = {"email": "email", "phone": "phone", "web": "web", "chat": "chat", "twitter": "social"}
# What a change event bears beside the fields that changed.
_BOOKKEEPING = (
    "ChangeEventHeader",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
    "CreatedDate",
    "CreatedById",
)
_GROUP_PREFIX = "00G"


def events(request: Request) -> Sequence[Made]:
    """What each change says; of an outbound message, how each record stands."""
    say = Saying("salesforce", request)
    if is_xml(request.body):
        return _of_message(say)
    body = parsed(request.body)
    changes = body if isinstance(body, list) else [body]
    return [made for change in changes for made in _of_change(say, change)] or (say.unmapped("unknown"),)


def _of_change(say: Saying, change: Any) -> Sequence[Made]:
    payload = table(change, "data", "payload")
    header = table(payload, "ChangeEventHeader")
    entity, kind = text(header, "entityName"), text(header, "changeType")
    told_at = moments.milliseconds(header.get("commitTimestamp")) or moments.iso(payload.get("CreatedDate"))
    key = _key(change, header)
    records = words(header, "recordIds")
    if records and not any("*" in record for record in records):
        if entity == "Case" and kind == "CREATE":
            return [made for record in records for made in _opened(say, record, payload, told_at)]
        if entity == "Case" and kind == "UPDATE":
            return _updated(say, records, payload, (key, told_at)) or (_unmapped(say, change, key, told_at),)
        if entity == "Account" and kind in ("CREATE", "UPDATE"):
            return [_of_account(say, record, payload, (key, told_at)) for record in records]
    return (_unmapped(say, change, key, told_at),)


def _key(change: Any, header: Any) -> str:
    """What tells a change from others; relays that drop the bus's own counting leave the transaction's."""
    replayed = word(change, "data", "event", "replayId")
    if replayed:
        return f"{text(change, 'channel')}:{replayed}"
    transaction, step = text(header, "transactionKey"), word(header, "sequenceNumber")
    if transaction and step:
        return f"{transaction}:{step}"
    return digest_of(orjson.dumps(change))


def _unmapped(say: Saying, change: Any, key: str, told_at: int | None) -> Made:
    header = table(change, "data", "payload", "ChangeEventHeader")
    kind = f"{text(header, 'entityName')} {text(header, 'changeType')}".strip()
    known = key if told_at is not None else ""
    kind = kind or text(change, "channel") or "unknown"
    records = words(header, "recordIds") if text(header, "entityName") == "Contact" else []
    person = say.person(word(change, "data", "payload", "ContactId") or (records[0] if len(records) == 1 else ""))
    return say.unmapped(kind, id_=known, at=told_at, person=person, body=orjson.dumps(change))


def _opened(say: Saying, record: str, fields: dict[str, Any], told_at: int | None) -> Sequence[Made]:
    about = _about(say, record, fields)
    opened = about.opened(
        moments.iso(fields.get("CreatedDate")) or told_at,
        title=text(fields, "Subject"),
        text=text_of(text(fields, "Description")),
        channel=_CHANNELS.get(text(fields, "Origin").lower(), "other"),
        requester=say.person(text(fields, "ContactId"), email=text(fields, "SuppliedEmail")),
    )
    return opened, about.snapshot(told_at, _picture(say, fields))


def _updated(say: Saying, records: list[str], fields: dict[str, Any], told: tuple[str, int | None]) -> Sequence[Made]:
    """The changes of fields that mean something here; the merged change of several records is told for each."""
    changed, (key, told_at) = words(fields, "ChangeEventHeader", "changedFields"), told
    made: list[Made] = []
    for record in records:
        about = _about(say, record, fields)
        status, priority = text(fields, "Status"), text(fields, "Priority")
        if "Status" in changed and status:
            picture = _picture(say, fields)
            made.append(about.status_changed(f"{key}:{record}:status", told_at, status, status=picture.status))
        if "Priority" in changed and priority:
            made.append(about.priority_changed(f"{key}:{record}:priority", told_at, priority))
        if "OwnerId" in changed:
            group, assignee = _owner(say, fields)
            made.append(about.assigned(f"{key}:{record}:owner", told_at, group=group, assignee=assignee))
    return made


def _of_account(say: Saying, record: str, fields: dict[str, Any], told: tuple[str, int | None]) -> Made:
    said = {name: value for name, value in fields.items() if name not in (*_BOOKKEEPING, "Name", "OwnerId")}
    data = {"name": name_of(text(fields, "Name")), "owner": say.person(text(fields, "OwnerId"))}
    account = say.account(record, ours=_ours(say, fields))
    return say.say("account.updated", f"{told[0]}:{record}", told[1], account, **data, attributes=attributes_of(said))


def _of_message(say: Saying) -> Sequence[Made]:
    message = read_message(say.request.body)
    raw = without_session(say.request.body)
    if message is None:
        return (say.unmapped("unreadable message", body=raw),)
    expected = say.request.setup.vendor_account
    if expected and message.organization[:15] != expected[:15]:
        return (say.unmapped("another organization", body=raw),)
    return [_of_notification(say, message, one) for one in message.notifications] or (
        say.unmapped("empty message", body=raw),
    )


def _of_notification(say: Saying, message: OutboundMessage, one: Notification) -> Made:
    told_at = moments.iso(one.fields.get("LastModifiedDate")) or moments.iso(one.fields.get("SystemModstamp"))
    if one.kind == "Case" and one.fields.get("Id"):
        return _about(say, one.fields["Id"], one.fields).snapshot(told_at, _picture(say, one.fields))
    raw = orjson.dumps({"organization": message.organization, "type": one.kind, "fields": one.fields})
    return say.unmapped(f"message {one.kind or 'unknown'}", id_=one.id, at=told_at, body=raw)


def _about(say: Saying, record: str, fields: Mapping[str, Any]) -> AboutTicket:
    account = say.account(text(dict(fields), "AccountId"), ours=_ours(say, dict(fields)))
    return AboutTicket(say, record, account)


def _ours(say: Saying, fields: dict[str, Any]) -> str:
    """Our account id in a field of exactly the name given: AccountId, which every case has, is Salesforce's own."""
    return word(fields, say.request.setup.account_field)


def _picture(say: Saying, fields: Mapping[str, Any]) -> Picture:
    said = dict(fields)
    raw, closed = text(said, "Status"), said.get("IsClosed")
    group, assignee = _owner(say, said)
    meant = say.status(raw)
    if meant is None and closed in (True, "true"):
        meant = "closed"
    elif meant is None and closed in (False, "false"):
        meant = "open"
    return Picture(raw, meant, text(said, "Priority"), "OwnerId" in said, group, assignee)


def _owner(say: Saying, fields: Mapping[str, Any]) -> tuple[str, str | None]:
    """A queue or a person: the first letters of an id tell."""
    owner = text(dict(fields), "OwnerId")
    return (owner, None) if owner.startswith(_GROUP_PREFIX) else ("", say.person(owner))


def _acknowledged(request: Request) -> Answer | None:
    return Answer(200, ACK, "text/xml") if is_xml(request.body) else None


SALESFORCE = Connector(
    name="salesforce",
    title="Salesforce",
    schemes=(
        Scheme("secret", "the secret itself, in a header, as a password or in the address", secret_in_address, True),
    ),
    keyed_by="us",
    dedupes="changes by channel and `replayId`, or by transaction and step; messages by record, instant and content",
    event_time="`commitTimestamp` (milliseconds); of a message `LastModifiedDate`",
    ordering="`replayId`; messages have none and tell the record as it is when they are sent",
    handshake="messages are answered with an Ack",
    limit_seconds=60.0,
    steps=(
        "Outbound message: Setup → Outbound Messages → New, object Case. Endpoint URL: {url}?secret={secret}",
        "Fields: Status, Priority, OwnerId, AccountId, IsClosed, LastModifiedDate. Leave `Send Session ID` off.",
        (
            "Change events: forward /data/CaseChangeEvent and /data/AccountChangeEvent as JSON to {url} "
            "with the header X-Millrace-Secret: {secret}"
        ),
        "Name your organisation, so that no other may speak here: --vendor-account 00D…",
    ),
    events=events,
    answer=_acknowledged,
)
