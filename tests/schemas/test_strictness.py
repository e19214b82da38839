"""What is not taken, with the reason and the place; and what just fits."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.decode import decode
from schemas.reasons import REASONS, Refusal
from schemas.values import LARGEST_INTEGER

ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "desk",
    "type": "ticket.opened",
    "time": "2026-01-31T09:30:00Z",
}
DATA: dict[str, Any] = {"ticket": "T-1", "text": "hello"}


def plain(**changes: object) -> bytes:
    return orjson.dumps({**ENVELOPE, "data": DATA} | changes)


def ticket(**changes: object) -> bytes:
    return plain(data=DATA | changes)


def spliced(old: bytes, new: bytes) -> bytes:
    raw = plain()
    assert raw.count(old) == 1
    return raw.replace(old, new)


def attribute(written: bytes) -> bytes:
    return spliced(b'"text":"hello"', b'"attributes":{"x":' + written + b"}")


def used(**data: object) -> bytes:
    return plain(type="usage.recorded", data={"name": "report", **data})


def scored(**data: object) -> bytes:
    return plain(type="feedback.given", data={"feedback": "F-1", **data})


def lacking(name: str) -> bytes:
    return orjson.dumps({key: value for key, value in {**ENVELOPE, "data": DATA}.items() if key != name})


DEEP = b"[" * 5_000 + b"]" * 5_000

REFUSED: dict[str, tuple[bytes, str, str]] = {
    # not JSON
    "nothing": (b"", "not_json", ""),
    "a word": (b"hello", "not_json", ""),
    "a number": (b"5", "not_json", ""),
    "a list": (b"[" + plain() + b"]", "not_json", ""),
    "two objects": (plain() + plain(), "not_json", ""),
    "cut off": (plain()[:-1], "not_json", ""),
    "NaN": (attribute(b"NaN"), "not_json", ""),
    "infinity": (attribute(b"-Infinity"), "not_json", ""),
    "a float beyond the largest": (attribute(b"1e999"), "not_json", ""),
    "a lone surrogate, escaped": (spliced(b"hello", rb"\ud83d"), "not_json", ""),
    "a lone surrogate in an id": (spliced(b"e-1", rb"\ude00"), "not_json", ""),
    "too deep": (attribute(DEEP), "not_json", ""),
    "too deep in an unknown attribute": (spliced(b'"id"', b'"more":' + DEEP + b',"id"'), "not_json", ""),
    "a byte order mark": (b"\xef\xbb\xbf" + plain(), "not_json", ""),
    # not UTF-8
    "a byte that is no text": (spliced(b"hello", b"\xff"), "invalid_utf8", "byte "),
    "a surrogate as bytes": (spliced(b"hello", b"\xed\xa0\x80"), "invalid_utf8", "byte "),
    "UTF-16": (plain().decode().encode("utf-16"), "invalid_utf8", "byte 0"),
    # not an event
    "no type": (lacking("type"), "not_an_event", "type"),
    "a type that is a number": (plain(type=3), "not_an_event", "type"),
    "no id": (lacking("id"), "not_an_event", "id"),
    "a long id": (plain(id="a" * 257), "not_an_event", "id"),
    "an id that is a number": (plain(id=7), "not_an_event", "id"),
    "no source": (lacking("source"), "not_an_event", "source"),
    "no time": (lacking("time"), "not_an_event", "time"),
    "a time without offset": (plain(time="2026-01-31T09:30:00"), "not_an_event", "time"),
    "a time that is a number": (plain(time=1_780_000_000_000_000), "not_an_event", "time"),
    "a date": (plain(time="2026-01-31"), "not_an_event", "time"),
    "a day that does not exist": (plain(time="2026-02-30T09:30:00Z"), "not_an_event", "time"),
    "before year 1 in UTC": (plain(time="0001-01-01T00:00:00+23:59"), "not_an_event", "time"),
    "after year 9999 in UTC": (plain(time="9999-12-31T23:59:59-23:59"), "not_an_event", "time"),
    "another specversion": (plain(specversion="0.3"), "not_an_event", "specversion"),
    "another content": (plain(datacontenttype="text/plain"), "not_an_event", "datacontenttype"),
    "a tenant that is no name": (plain(tenant="Acme Ltd"), "not_an_event", "tenant"),
    "a foreign data schema": (plain(dataschema="https://example.org/1"), "not_an_event", "dataschema"),
    "version 0": (plain(dataschema="urn:millrace:ticket.opened:0"), "not_an_event", "dataschema"),
    # types and versions
    "an unknown type": (plain(type="ticket.teleported"), "unknown_type", "type"),
    "a type that is never journaled": (plain(type="label.matured"), "unknown_type", "type"),
    "a newer version": (plain(dataschema="urn:millrace:ticket.opened:3"), "newer_version", ""),
    # data
    "no data": (lacking("data"), "invalid_data", "data"),
    "data that is null": (plain(data=None), "invalid_data", "data"),
    "data of an old version that is a list": (
        plain(dataschema="urn:millrace:ticket.opened:1", data=[]),
        "invalid_data",
        "data",
    ),
    "no ticket": (plain(data={}), "invalid_data", "data.ticket"),
    "an unknown field": (ticket(colour="red"), "invalid_data", "data.colour"),
    "a number for text": (ticket(text=5), "invalid_data", "data.text"),
    "true for text": (ticket(ticket=True), "invalid_data", "data.ticket"),
    "text too long": (ticket(text="a" * 65_537), "invalid_data", "data.text"),
    "a title too long": (ticket(title="a" * 1_025), "invalid_data", "data.title"),
    "an empty name": (ticket(ticket=""), "invalid_data", "data.ticket"),
    "a name with blanks around": (ticket(ticket=" T-1"), "invalid_data", "data.ticket"),
    "a name with a control character": (ticket(ticket="T\x00"), "invalid_data", "data.ticket"),
    "a name with an invisible character": (ticket(ticket="T\u200b1"), "invalid_data", "data.ticket"),
    "a priority nobody knows": (ticket(priority="asap"), "invalid_data", "data.priority"),
    "too many attributes": (
        ticket(attributes={f"a{number}": 1 for number in range(129)}),
        "invalid_data",
        "data.attributes",
    ),
    "an attribute that is a list": (attribute(b"[1]"), "invalid_data", "data.attributes.x"),
    "an attribute that is null": (attribute(b"null"), "invalid_data", "data.attributes.x"),
    "an attribute beyond 2^53": (attribute(b"%d" % (LARGEST_INTEGER + 1)), "invalid_data", "data.attributes.x"),
    "an attribute of 40 digits": (attribute(b"1" * 40), "invalid_data", "data.attributes.x"),
    "a negative count": (used(quantity=-1), "invalid_data", "data.quantity"),
    "a count beyond 2^53": (used(quantity=LARGEST_INTEGER + 1), "invalid_data", "data.quantity"),
    "a count beyond 2^64": (used(quantity=2**64 - 1), "invalid_data", "data.quantity"),
    "a count with a fraction": (used(quantity=1.0), "invalid_data", "data.quantity"),
    "a count as text": (used(quantity="1"), "invalid_data", "data.quantity"),
    "a score off its scale": (scored(scale="nps", score=11), "invalid_data", "data"),
    "a score without a scale": (scored(score=3), "invalid_data", "data"),
    "a score as text": (scored(scale="nps", score="9"), "invalid_data", "data.score"),
    "an instant in data without offset": (
        plain(type="account.renewed", data={"renewal_at": "2026-01-31T09:30:00"}),
        "invalid_data",
        "data.renewal_at",
    ),
    "an instant in data beyond year 9999": (
        plain(type="account.renewed", data={"renewal_at": "9999-12-31T23:59:59-01:00"}),
        "invalid_data",
        "data.renewal_at",
    ),
}

TAKEN: dict[str, bytes] = {
    "an attribute of 2^53 - 1": attribute(b"%d" % LARGEST_INTEGER),
    "a fraction": attribute(b"0.5"),
    "truth": attribute(b"true"),
    "the longest text": ticket(text="ä" * 65_536),
    "a pair of surrogates": spliced(b"hello", rb"\ud83d\ude00"),
    "a name in other letters": ticket(ticket="Fall Ä-7 №3"),
    "an unknown attribute of the envelope": plain(partitionkey="x"),
    "a whole score": scored(scale="nps", score=9),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_hold_is_refused_with_its_reason(case: str) -> None:
    raw, reason, where = REFUSED[case]
    with pytest.raises(Refusal) as refused:
        decode(raw)
    assert refused.value.reason == reason
    assert refused.value.where.startswith(where)
    assert refused.value.detail


@pytest.mark.parametrize("case", TAKEN)
def test_what_just_holds_is_taken(case: str) -> None:
    assert decode(TAKEN[case]).id == "e-1"


def test_every_reason_that_bytes_alone_can_have_stands_in_the_table() -> None:
    by_others = {"too_large", "future_dated", "ancient_dated", "conflict", "tenant_mismatch"}
    by_others |= {"unmapped_row", "step_failed"}
    assert {reason for _, reason, _ in REFUSED.values()} == {reason.name for reason in REASONS} - by_others


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b'{"id":1,nope', "character 8"),
        (b"", "character 0"),
        (b'{"id":"\xff"}', "byte 7"),
        (b'{"id":NaN}', "character 6"),
    ],
)
def test_what_is_no_json_says_where_it_stops_being_it(raw: bytes, where: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode(raw)
    assert refused.value.where == where
