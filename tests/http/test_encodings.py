"""Bodies in other encodings, said twice, too deep, too large: what is each answered, and what is kept?

JSON with a key said twice is no error in RFC 8259, and readers differ in which one they take. Here the last one counts
everywhere, what is checked is what is kept, and the journal says it once.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.instant import format_instant
from streams.connectors.catalog import CONNECTORS
from tests.http.desk import STRUCTURED, Caller
from tests.http.test_connectors import Tool

Event = dict[str, Any]
MEBIBYTE = 1 << 20


def journal(caller: Caller) -> list[Any]:
    return list(caller.desk.application.runtime.log.read(caller.tenant, 0, 100))


# --- twice ------------------------------------------------------------------------------------------------------------


def test_of_a_key_said_twice_the_last_counts_and_the_journal_says_it_once(caller: Caller) -> None:
    event = caller.event("ticket.opened", {"ticket": "T-last", "title": "last"})
    said = orjson.dumps(event)
    twice = said.replace(b'"ticket":"T-last"', b'"ticket":"T-first","ticket":"T-last"')
    twice = twice.replace(b'"specversion"', b'"account":"acct-first","specversion"', 1)
    assert caller.tell_bytes(twice).json()["accepted"] == 1
    # It is what the last ones say, to the digest that repeats are compared by.
    assert caller.tell_bytes(said).json()["duplicate"] == 1
    (kept,) = journal(caller)
    assert (kept.data.ticket, kept.account) == ("T-last", "acct-1")
    caller.settled()
    assert caller.get("/v1/tickets/T-last").status_code == 200
    assert caller.get("/v1/tickets/T-first").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "status"), [("mine", "other", 403), ("other", "mine", 200)], ids=["other last", "own last"]
)
def test_a_tenant_said_twice_is_checked_as_it_is_kept(caller: Caller, first: str, last: str, status: int) -> None:
    names = {"mine": caller.tenant, "other": "somebody-else"}
    said = b'{"tenant":"%b","tenant":"%b",' % (names[first].encode(), names[last].encode())
    answer = caller.tell_bytes(said + orjson.dumps(caller.event("usage.recorded"))[1:])
    assert answer.status_code == status
    assert {event.tenant for event in journal(caller)} <= {caller.tenant}


@pytest.mark.parametrize("key", ["id", "type", "time", "source"])
def test_what_tells_events_apart_said_twice_is_taken_once(caller: Caller, key: str) -> None:
    event = caller.event("usage.recorded")
    other = {"id": "another", "type": "ticket.exploded", "time": "2999-01-01T00:00:00Z", "source": "elsewhere"}[key]
    twice = b'{"%b":%b,' % (key.encode(), orjson.dumps(other)) + orjson.dumps(event)[1:]
    for said in (twice, orjson.dumps(event), twice):
        caller.tell_bytes(said).raise_for_status()
    (kept,) = journal(caller)
    assert (kept.id, kept.type, kept.source) == (event["id"], event["type"], "desk")


def test_of_what_is_asked_twice_the_last_counts_and_is_looked_at(caller: Caller) -> None:
    made = caller.post("/v1/keys", content=b'{"scopes":["admin"],"scopes":["read"]}')
    assert (made.status_code, made.json()["scopes"]) == (201, ["read"])
    assert caller.post("/v1/keys", content=b'{"scopes":["read"],"scopes":["everything"]}').status_code == 400


# --- other encodings --------------------------------------------------------------------------------------------------

ENCODED: tuple[tuple[str, Callable[[str], bytes], int, str], ...] = (
    ("UTF-16 with its mark", lambda text: text.encode("utf-16"), 400, "invalid_utf8"),
    ("UTF-16, low byte first", lambda text: text.encode("utf-16-le"), 400, "invalid_utf8"),
    ("UTF-16, high byte first", lambda text: text.encode("utf-16-be"), 400, "invalid_utf8"),
    ("UTF-32", lambda text: text.encode("utf-32"), 400, "invalid_utf8"),
    ("Latin-1", lambda text: text.encode("latin-1"), 400, "invalid_utf8"),
    ("UTF-8 with a mark", lambda text: text.encode("utf-8-sig"), 400, "not_json"),
    ("overlong UTF-8", lambda text: text.encode().replace(b"\xc3\xa9", b"\xe0\x83\xa9"), 400, "invalid_utf8"),
    ("a NUL in between", lambda text: text.encode().replace(b"caf", b"caf\x00"), 400, "not_json"),
)


@pytest.mark.parametrize(("encode", "status", "reason"), [one[1:] for one in ENCODED], ids=[one[0] for one in ENCODED])
def test_what_is_not_utf_8_is_a_dead_letter_that_says_so(
    caller: Caller, encode: Callable[[str], bytes], status: int, reason: str
) -> None:
    event = caller.event("usage.recorded", {"name": "café"})
    said = encode(orjson.dumps(event).decode())
    for media in (STRUCTURED, "application/json; charset=iso-8859-1"):
        answer = caller.tell_bytes(said, media)
        (result,) = answer.json()["results"]
        assert (answer.status_code, result["reason"]) == (status, reason)
    (letter,) = caller.get("/v1/dead-letters").json()["dead_letters"]
    assert (letter["reason"], letter["times"]) == (reason, 2)
    assert caller.tell(event).json()["accepted"] == 1


def test_text_is_kept_as_it_was_written(caller: Caller) -> None:
    title = "\ufdfa \u00e9 e\u0301 \u202e x \U0001f9d1\u200d\U0001f680 \u2028 \ufeff y"
    caller.tell(caller.event("ticket.opened", {"ticket": "T-text", "title": title})).raise_for_status()
    (kept,) = journal(caller)
    assert kept.data.title == title


# --- too much ---------------------------------------------------------------------------------------------------------

ADMIN_PATHS = ("/v1/keys", "/v1/connections", "/v1/dead-letters/redrive", "/v1/sql", "/v1/admin/import")
HUGE: tuple[tuple[str, bytes], ...] = (
    ("deep lists", b"[" * 100_000),
    ("deep lists, closed", b"[" * 50_000 + b"]" * 50_000),
    ("deep objects", b'{"a":' * 100_000),
    ("a huge number", b'{"most":' + b"9" * 100_000 + b"}"),
    ("a huge exponent", b'{"most":1e999999999}'),
    ("a huge fraction", b'{"most":0.' + b"1" * 100_000 + b"}"),
    ("a huge key", b'{"' + b"k" * 900_000 + b'":1}'),
    ("many keys", b"{" + b",".join(b'"%d":1' % number for number in range(50_000)) + b"}"),
    ("nothing but quotes", b'"' * 500_000),
    ("NUL", bytes(1_000)),
    ("not UTF-8", b'{"sql":"\xff","reason":"\xff","name":"\xff","source":"\xff","mapping":"\xff","type":"\xff"}'),
)


@pytest.mark.parametrize("body", [one[1] for one in HUGE], ids=[one[0] for one in HUGE])
def test_no_body_is_an_error_of_ours(caller: Caller, body: bytes) -> None:
    caller.tell(caller.event("usage.recorded"))
    for path in ADMIN_PATHS:
        answer = caller.post(path, content=body)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), path
        assert len(answer.content) < 4_096
    answer = caller.tell_bytes(body)
    assert answer.status_code in (207, 400, 413)
    assert answer.json()["accepted"] == 0 if answer.status_code != 413 else True


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-999", "9" * 400, "0." + "9" * 400, "123456789012345678901"])
def test_numbers_beyond_what_is_counted_with(caller: Caller, number: str) -> None:
    event = orjson.dumps(caller.event("usage.recorded")).replace(b'"quantity":3', b'"quantity":' + number.encode())
    answer = caller.tell_bytes(event)
    assert answer.status_code in (200, 400, 422)
    for kept in journal(caller):
        assert abs(kept.data.quantity) <= 1


@pytest.mark.parametrize("connector", [one.name for one in CONNECTORS])
@pytest.mark.parametrize("body", [one[1] for one in HUGE[:6]], ids=[one[0] for one in HUGE[:6]])
def test_no_tools_body_is_an_error_of_ours(caller: Caller, connector: str, body: bytes) -> None:
    answer = Tool(caller, connector).push(body)
    assert answer.status_code < 500


def bomb(size: int) -> bytes:
    """So many bytes of nothing, a thousandth as long."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(MEBIBYTE)) for _ in range(size // MEBIBYTE))
    return packed + packer.flush()


@pytest.mark.parametrize("path", [*ADMIN_PATHS, "/v1/events"])
def test_what_is_packed_is_unpacked_as_far_as_a_body_may_go(caller: Caller, path: str) -> None:
    caller.tell(caller.event("usage.recorded"))
    packed = bomb(64 * MEBIBYTE)
    assert len(packed) < MEBIBYTE
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert caller.post(path, content=packed, headers=headers).status_code == 413
    twice = caller.post(path, content=gzip.compress(packed), headers=headers)
    assert twice.status_code in (400, 413)  # packed twice it is no JSON once unpacked
    nested = caller.post(path, content=gzip.compress(packed), headers={**headers, "content-encoding": "gzip, gzip"})
    assert nested.status_code == 415


def test_a_tools_packed_body_is_unpacked_before_its_signature_is_looked_at(caller: Caller) -> None:
    tool = Tool(caller, "slack")
    headers = {"content-encoding": "gzip"}
    assert tool.push(bomb(64 * MEBIBYTE), headers).status_code == 413


def test_many_attributes_in_headers_are_bounded(caller: Caller) -> None:
    event = caller.event("usage.recorded")
    names = ("specversion", "id", "source", "type", "time", "account")
    headers = {f"ce-{name}": str(event[name]) for name in names} | {f"ce-x{number}": "x" for number in range(80)}
    answer = caller.tell_bytes(orjson.dumps(event["data"]), "application/json", **headers)
    assert answer.status_code in (200, 400, 422)
    long = caller.tell_bytes(b"{}", "application/json", **{"ce-id": "%00" * 5_000})
    assert long.status_code in (400, 422, 431)


def test_an_instant_of_the_far_future_is_no_error_of_ours(caller: Caller) -> None:
    for time in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", format_instant(0), "-1"):
        assert caller.tell(caller.event("usage.recorded") | {"time": time}).status_code in (400, 422)
