"""SOAP is read without anything in it reaching out, growing or being a key to somebody's data."""

from __future__ import annotations

import pytest

from streams.connectors.catalog import BY_NAME
from streams.connectors.outbound_message import is_xml, read_message, without_session
from tests.connectors.asking import asked, body_request

MESSAGE = asked("salesforce/outbound_message_case.xml").body
OPENING = b'<?xml version="1.0" encoding="UTF-8"?>'
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (number + 1, b"&l%d;" % number * 10) for number in range(9))


def doctype(inside: bytes) -> bytes:
    return MESSAGE.replace(OPENING, OPENING + b"<!DOCTYPE x [" + inside + b"]>")


ATTACKS = {
    "a billion laughs": doctype(b'<!ENTITY l0 "ha">' + LAUGHS).replace(b"Escalated", b"&l9;"),
    "quadratic growth": doctype(b'<!ENTITY a "%s">' % (b"a" * 10_000)).replace(b"Escalated", b"&a;" * 1_000),
    "a file": doctype(b'<!ENTITY f SYSTEM "file:///etc/passwd">').replace(b"Escalated", b"&f;"),
    "a network address": doctype(b'<!ENTITY f SYSTEM "http://169.254.169.254/">').replace(b"Escalated", b"&f;"),
    "a parameter entity": doctype(b'<!ENTITY % p SYSTEM "http://x.example/e.dtd"> %p;'),
    "a document type alone": MESSAGE.replace(OPENING, OPENING + b'<!DOCTYPE x SYSTEM "http://x.example/x.dtd">'),
    "another encoding": MESSAGE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "an encoding that hides": MESSAGE.replace(OPENING, b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE x+AD4-'),
    "depth": b"<a>" * 10_000 + b"</a>" * 10_000,
    "no end": MESSAGE[:-20],
    "an undefined entity": MESSAGE.replace(b"Escalated", b"&nbsp;"),
    "length": MESSAGE.replace(b"Escalated", b"a" * 1_100_000),
    "other words": b"<notifications/>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_no_message_holds_is_not_read_and_kept_apart(attack: str) -> None:
    body = ATTACKS[attack]
    assert read_message(body) is None
    made = BY_NAME["salesforce"].events(body_request("salesforce", body))
    assert [one.type for one in made] == ["source.unmapped"]


def test_a_message_is_read() -> None:
    message = read_message(MESSAGE)
    assert message is not None
    assert message.organization == "00DRM000000AbCd2AK"
    (told,) = message.notifications
    assert (told.id, told.kind, told.fields["Status"]) == ("04lRM00000012abYAA", "Case", "Escalated")
    assert is_xml(b"\n <a/>")
    assert not is_xml(b"{}")


def test_the_usual_entities_mean_themselves() -> None:
    message = read_message(MESSAGE.replace(b"Escalated", b"R&amp;D &#60;1&gt;"))
    assert message is not None
    assert message.notifications[0].fields["Status"] == "R&D <1>"


def test_a_session_is_never_kept() -> None:
    session = b"00DRM000000AbCd!AQcAQFsecretsecret"
    with_session = MESSAGE.replace(b'<SessionId xsi:nil="true"/>', b"<SessionId>" + session + b"</SessionId>")
    assert session not in without_session(with_session)
    for body in (with_session, with_session.replace(b"sf:Case", b"sf:Thing"), with_session[:-20]):
        for made in BY_NAME["salesforce"].events(body_request("salesforce", body)):
            assert session not in made.raw()


def test_many_records_of_one_message_are_each_told() -> None:
    start, end = MESSAGE.index(b"<Notification>"), MESSAGE.index(b"</Notification>") + len(b"</Notification>")
    one = MESSAGE[start:end]
    more = b"".join(one.replace(b"500RM00000AbCdEYAV", b"500RM%013d" % number) for number in range(100))
    made = BY_NAME["salesforce"].events(body_request("salesforce", MESSAGE[:start] + more + MESSAGE[end:]))
    assert len({one.data["ticket"] for one in made}) == 100


def test_it_is_answered_as_the_sender_waits_for() -> None:
    connector = BY_NAME["salesforce"]
    answer = connector.answer(body_request("salesforce", MESSAGE))
    assert answer is not None
    assert b"<Ack>true</Ack>" in answer.body
    assert answer.media == "text/xml"
    assert connector.answer(body_request("salesforce", b"{}")) is None
