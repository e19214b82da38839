"""Salesforce's outbound messages: SOAP, read without document types, entities or anything else that reaches out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

LARGEST_XML = 1 << 20
MOST_DEPTH = 32

ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SESSION = re.compile(rb"(<(?:\w{1,20}:)?SessionId\b[^<>]*>)[^<]*")


class Notification(NamedTuple):
    """One record as it stood when the message was sent: its type and its fields."""

    id: str
    kind: str
    fields: dict[str, str]


class OutboundMessage(NamedTuple):
    """Whose message it is, and what it tells."""

    organization: str
    notifications: list[Notification]


class _Refused(Exception):
    """The document holds what no outbound message holds."""


class _Guarded(TreeBuilder):
    """Builds a tree of bounded depth and refuses a document type, and with it every entity of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called where a document type begins, before anything in it counts."""
        raise _Refused(name)

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """An element begins."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _Refused("depth")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """An element ends."""
        self._depth -= 1
        return super().end(tag)


def is_xml(body: bytes) -> bool:
    """Whether a body looks like XML."""
    return body.lstrip()[:1] == b"<"


def read_message(body: bytes) -> OutboundMessage | None:
    """The message; None where it is none, or holds what it must not."""
    # Expat would expand entities before the tree sees a document type, so the bytes are looked at first. An encoding
    # in which the mark could hide is refused with everything that is not UTF-8.
    if len(body) > LARGEST_XML or b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\0" in body:
        return None
    try:
        body.decode("utf-8")
        parser = XMLParser(target=_Guarded(), encoding="utf-8")  # noqa: S314 - no document type gets here
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, _Refused, UnicodeDecodeError, ValueError, LookupError):
        return None
    said = root.find(f".//{_OUTBOUND}notifications")
    if said is None:
        return None
    notifications = [one for element in said.iter(f"{_OUTBOUND}Notification") if (one := _notification(element))]
    return OutboundMessage(_text(said.find(f"{_OUTBOUND}OrganizationId")), notifications)


def without_session(body: bytes) -> bytes:
    """The body without the session id, which is a key to the sender's data."""
    return _SESSION.sub(rb"\1", body)


def _notification(element: Element) -> Notification | None:
    record = element.find(f"{_OUTBOUND}sObject")
    if record is None:
        return None
    kind = record.get(_TYPE, "").rpartition(":")[2]
    return Notification(_text(element.find(f"{_OUTBOUND}Id")), kind, dict(_fields(record)))


def _fields(record: Element) -> Iterator[tuple[str, str]]:
    for field in record:
        if not len(field):
            yield field.tag.rpartition("}")[2], _text(field)


def _text(element: Element | None) -> str:
    return "" if element is None or element.text is None else element.text.strip()
