"""Requests that are slow, cut short, too long, or meant to be understood in two ways: what is each answered?"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import orjson
import pytest

from infra.http import patience, wire
from infra.http.wire import LARGEST_HEAD_BYTES, MOST_HEADERS
from tests.http.desk import Caller, Desk
from tests.http.raw import dripped, exchanged, line

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"


# --- two readings -----------------------------------------------------------------------------------------------------

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

TWICE_READ: tuple[tuple[str, bytes, int, str], ...] = (
    ("length and chunks", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Length"),
    ("chunks and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400, "Length"),
    ("two lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400, "Content-Length"),
    ("one length twice", POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, "Content-Length"),
    ("lengths in a list", POST + b"Content-Length: 5, 5\r\n\r\nhello", 400, "Content-Length"),
    ("a signed length", POST + b"Content-Length: +5\r\n\r\nhello", 400, "Content-Length"),
    ("a length below zero", POST + b"Content-Length: -1\r\n\r\n", 400, "Content-Length"),
    ("a hexadecimal length", POST + b"Content-Length: 0x5\r\n\r\nhello", 400, "Content-Length"),
    ("other digits", POST + "Content-Length: ٥\r\n\r\nhello".encode(), 400, "Content-Length"),
    ("an endless length", POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", 400, "Content-Length"),
    ("two codings", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400, "Transfer"),
    ("a coding in disguise", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "Transfer-Encoding"),
    ("a tab before a coding", POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400, ""),
    ("chunks in HTTP/1.0", POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n", 400, "HTTP/1.1"),
    ("a space before a colon", POST + b"Content-Length : 5\r\n\r\nhello", 400, "header"),
    ("a folded header", POST + b"X-One: 1\r\n  2\r\n\r\n", 400, "whitespace"),
    ("a folded coding", POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, ""),
    ("bare line feeds", HEALTH.replace(b"\r\n", b"\n") + b"\n", 400, "CRLF"),
    ("one bare line feed", HEALTH + b"X-One: 1\nX-Two: 2\r\n\r\n", 400, "CR"),
    ("a bare carriage return", HEALTH + b"X-One: 1\rX-Two: 2\r\n\r\n", 400, "LF"),
    ("nothing in a header", HEALTH + b"X-One: 1\x002\r\n\r\n", 400, "header"),
    ("a header without a name", HEALTH + b": 1\r\n\r\n", 400, "header"),
    ("two hosts", HEALTH + b"Host: evil.example\r\n\r\n", 400, "Host"),
    ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", 400, "Host"),
    ("a whole address", b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "first line"),
    ("another version", b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n", 400, "first line"),
    ("no version", b"GET /healthz\r\n\r\n", 400, ""),
    ("a tunnel", b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", 400, "first line"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "method"),
    ("a chunk that is longer", POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    ("other digits in a size", POST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    ("a negative size", POST + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400, "chunk"),
    ("an endless size", POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n", 400, "hunk"),
    ("a bare line feed in chunks", POST + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400, "CR"),
    ("a chunk's end in a feed", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", 400, "chunk"),
    ("endless trailers", POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 3000, 400, "headers"),
    ("too many headers", HEALTH + b"X-One: 1\r\n" * MOST_HEADERS + b"\r\n", 431, "headers"),
    ("too long a head", HEALTH + b"X-One: " + b"x" * LARGEST_HEAD_BYTES + b"\r\n\r\n", 431, "16,384"),
    ("too long an address", b"GET /" + b"a" * LARGEST_HEAD_BYTES + b" HTTP/1.1\r\n\r\n", 431, "16,384"),
    ("a wish", HEALTH + b"Expect: the-unexpected\r\n\r\n", 417, "100-continue"),
)


@pytest.mark.parametrize(
    ("request_bytes", "status", "words"), [one[1:] for one in TWICE_READ], ids=[one[0] for one in TWICE_READ]
)
def test_what_could_be_read_in_two_ways_is_refused_and_nothing_after_it_is_read(
    desk: Desk, request_bytes: bytes, status: int, words: str
) -> None:
    with line(desk.url) as made:
        made.send(keyed(desk, request_bytes) + HIDDEN)
        answer = made.answer()
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert words in answer.json()["detail"]
        assert answer.closed
        assert made.ends()


def test_the_next_request_on_a_connection_begins_where_the_last_one_ends(desk: Desk) -> None:
    chunked = (
        keyed(desk, POST) + b"Transfer-Encoding: chunked\r\n\r\n2;name=value\r\n[]\r\n0\r\nTrailer: read over\r\n\r\n"
    )
    counted = keyed(desk, POST) + b"Content-Length: 2\r\n\r\n[]"
    with desk.caller() as caller:
        named = b"x-millrace-tenant: %b\r\n" % caller.tenant.encode()
        requests = [one.replace(b"\r\n", b"\r\n" + named, 1) for one in (chunked, counted)]
    every = b"".join([*requests, HEALTH + b"\r\n", b"\r\n" + requests[0]])
    for size in (len(every), 7, 1):
        with line(desk.url) as made:
            for place in range(0, len(every), size):
                made.send(every[place : place + size])
            answers = [made.answer() for _ in range(4)]
        assert [(one.status, one.closed) for one in answers] == [(200, False)] * 4
        assert answers[2].json() == {"status": "ok"}
        assert [one.json().get("results") for one in answers] == [[], [], None, []]


def test_no_line_break_gets_into_an_answer(desk: Desk) -> None:
    for said in (b"%0d%0aset-cookie:x", b"\xe2\x98\x83", b"%00"):
        answer = exchanged(desk.url, b"GET /v1/tickets/" + said + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer.status in (400, 401, 404)
        assert "set-cookie" not in answer.headers


def test_older_clients_are_answered_and_the_connection_ends(desk: Desk) -> None:
    for request in (b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", HEALTH + b"Connection: close\r\n\r\n"):
        with line(desk.url) as made:
            made.send(request)
            assert made.answer().json() == {"status": "ok"}
            assert made.ends()


def test_a_body_is_asked_for_where_its_sender_waits_and_not_where_it_would_be_in_vain(desk: Desk) -> None:
    said = b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with line(desk.url) as made, desk.caller() as caller:
        made.send(keyed(desk, POST) + b"x-millrace-tenant: %b\r\n" % caller.tenant.encode() + said)
        assert made.answer().status == 100
        made.send(b"[]")
        assert (made.answer().status, exchanged(desk.url, POST + said).closed) == (200, True)


# --- slow -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a moment, so that a test needs none."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "STUCK_SECONDS", "LINGER_SECONDS"):
        monkeypatch.setattr(patience, name, 0.4)
    monkeypatch.setattr(patience, "LOOK_EVERY_SECONDS", 0.05)


def test_nobody_is_waited_for_longer_than_this() -> None:
    assert (patience.HEAD_SECONDS, patience.BODY_SECONDS, patience.IDLE_SECONDS, patience.STUCK_SECONDS) == (
        10,
        30,
        30,
        30,
    )


@pytest.mark.parametrize("what", ["head", "body", "chunks"])
def test_who_drips_a_request_is_told_that_it_takes_too_long(desk: Desk, hasty: None, what: str) -> None:
    whole = {
        "head": HEALTH + b"X-Slow: " + b"x" * 500,
        "body": b"x" * 500,
        "chunks": b"1\r\nx\r\n" * 100,
    }[what]
    framing = {"head": b"", "body": b"Content-Length: 500\r\n\r\n", "chunks": b"Transfer-Encoding: chunked\r\n\r\n"}[
        what
    ]
    with line(desk.url) as made:
        if framing:
            made.send(keyed(desk, POST) + b"x-millrace-tenant: slow\r\n" + framing)
        began = time.monotonic()
        dripped(made, whole[:80], 0.02)
        answer = made.answer()
        assert (answer.status, answer.closed) == (408, True)
        assert "must come within" in answer.json()["detail"]
        assert time.monotonic() - began < 5
        assert made.ends()


@pytest.mark.parametrize("said", [b"", HEALTH + b"\r\n"], ids=["nothing", "one request"])
def test_a_connection_on_which_nothing_is_said_is_closed(desk: Desk, hasty: None, said: bytes) -> None:
    with line(desk.url) as made:
        made.send(said)
        if said:
            assert made.answer().status == 200
        assert made.ends()


def test_who_does_not_read_answers_is_left(desk: Desk, hasty: None) -> None:
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        asking.settimeout(10)
        asking.connect(("127.0.0.1", int(desk.url.rpartition(":")[2])))
        request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            asking.sendall(request * 200_000)


def test_a_body_shorter_than_it_says_is_not_taken(desk: Desk, hasty: None, caller: Caller) -> None:
    event = orjson.dumps(caller.event("usage.recorded"))
    named = b"x-millrace-tenant: %b\r\ncontent-type: application/json\r\n" % caller.tenant.encode()
    with line(desk.url) as made:
        made.send(keyed(desk, POST) + named + b"Content-Length: %d\r\n\r\n" % (len(event) + 9) + event)
        assert made.answer().status == 408
    with line(desk.url) as made:
        made.send(keyed(desk, POST) + named + b"Content-Length: %d\r\n\r\n" % (len(event) + 9) + event)
    assert caller.tell_bytes(event).json()["accepted"] == 1


def test_a_body_longer_than_it_says_is_cut_there(desk: Desk, hasty: None, caller: Caller) -> None:
    event = orjson.dumps(caller.event("usage.recorded"))
    named = b"x-millrace-tenant: %b\r\ncontent-type: application/json\r\n" % caller.tenant.encode()
    with line(desk.url) as made:
        made.send(keyed(desk, POST) + named + b"Content-Length: %d\r\n\r\n" % (len(event) - 9) + event)
        answer = made.answer()
        assert (answer.status, answer.json()["results"][0]["reason"]) == (400, "not_json")
        assert answer.closed
        assert made.ends()


def test_an_answer_is_heard_though_the_body_was_too_large_to_be_read(desk: Desk) -> None:
    size = 40 << 20
    with line(desk.url) as made, desk.caller() as caller:
        named = b"x-millrace-tenant: %b\r\ncontent-type: application/json\r\n" % caller.tenant.encode()
        made.send(keyed(desk, POST) + named + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 20):
            made.send(bytes(1 << 20))
        assert made.answer().json()["reason"] == "too_large"
        made.send(HEALTH + b"\r\n")
        assert made.answer().status == 200


def test_one_peer_has_so_many_connections(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(patience, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(wire.Wire, "most_per_peer", 3)
    with ExitStack() as open_ones:
        for _ in range(3):
            open_ones.enter_context(admitted(desk))
        with line(desk.url) as turned_away:
            answer = turned_away.answer()
            assert (answer.status, answer.closed, answer.headers["retry-after"]) == (503, True, "1")
    with admitted(desk):
        pass


@contextmanager
def admitted(desk: Desk) -> Iterator[None]:
    """A connection that was let in, once others that are ending have ended."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with line(desk.url) as made:
            made.send(HEALTH + b"\r\n")
            if made.answer().status == 200:
                yield
                return
        time.sleep(0.05)
    pytest.fail("places of connections that ended were not given back")


def keyed(desk: Desk, request: bytes) -> bytes:
    """The request with the operator's token, where it is one that needs it."""
    return request.replace(
        b"/v1/events HTTP/1.1\r\n", b"/v1/events HTTP/1.1\r\nAuthorization: Bearer %b\r\n" % desk.token.encode(), 1
    )
