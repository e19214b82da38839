"""One request and its answer, between the connection and the application (ASGI 3)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.types import ASGIApp, Message, Scope

from infra.http.heads import Head
from infra.http.incoming import Incoming

if TYPE_CHECKING:
    from infra.http.wire import Wire

# Bytes of a body that wait for the application before the sender must wait too.
MOST_WAITING_BYTES: Final = 65_536

_LINES: Final = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase if status in set(HTTPStatus) else ''}\r\n".encode()
    for status in range(100, 600)
}
_log = structlog.get_logger(__name__)


class Exchange:
    """What the application reads of the request, and what it answers. Lives in the event loop."""

    def __init__(self, wire: Wire, head: Head, incoming: Incoming, scope: Scope) -> None:
        self.head = head
        self.incoming = incoming
        self.answered = False
        self.begun = False
        self.ended_early = False
        self.keeps = head.keeps
        self.body = bytearray()
        self._wire = wire
        self._scope = scope
        self._news = asyncio.Event()
        self._head: bytes | None = None
        self._chunks = False
        self._silent = head.method == b"HEAD"
        self._told_all = False
        self._to_invite = head.expects and not incoming.ended

    async def run(self, app: ASGIApp) -> None:
        """Lets the application answer; where it fails to, says so in an answer or by ending the connection."""
        try:
            await app(self._scope, self._receive, self._send)
        except asyncio.CancelledError:
            self._wire.give_up()
            raise
        except Exception as error:  # noqa: BLE001 - one request's failure is told to its sender, and is no one else's
            # Its kind only: its words may hold what somebody wrote.
            _log.error("request_failed", kind=type(error).__name__)
            self._fail()
        else:
            if not self.answered:
                self._fail()

    def _fail(self) -> None:
        if self.begun or self.ended_early:
            self._wire.give_up()
        else:
            self._wire.refuse(500, "the request failed", "it is in the log")

    def heard(self) -> None:
        """More of the body came, or all of it."""
        self._news.set()

    def end(self) -> None:
        """Nobody waits for the answer any more."""
        self.ended_early = True
        self._news.set()

    async def _receive(self) -> Message:
        if self._to_invite and not self.begun:
            self._to_invite = False
            self._wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while not (self.ended_early or self.answered):
            if self.body or (self.incoming.ended and not self._told_all):
                self._told_all = self.incoming.ended
                body = bytes(self.body)
                self.body.clear()
                self._wire.go_on_reading()
                return {"type": "http.request", "body": body, "more_body": not self._told_all}
            self._news.clear()
            await self._news.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.ended_early:
            return
        await self._wire.writable()
        if message["type"] == "http.response.start":
            self._start(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self._say(message.get("body", b""), message.get("more_body", False))

    def _start(self, status: int, headers: Any) -> None:
        self.begun = True
        if self._to_invite:
            # Whether the body still comes is the sender's choice: nothing after it could be told apart.
            self.keeps = False
        sized = False
        parts = [_LINES[status], *self._wire.date]
        for name, value in headers:
            if b"\r" in value or b"\n" in value or b"\0" in value:
                raise ValueError("a header of an answer holds a line break")
            sized = sized or name == b"content-length"
            parts += (name, b": ", value, b"\r\n")
        self._chunks = not (sized or self._silent or self.head.old or status in (204, 304))
        if self._chunks:
            parts.append(b"transfer-encoding: chunked\r\n")
        if not self.keeps:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        self._head = b"".join(parts)
        # It goes with the body in one packet, where that follows at once.
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        if self._head is not None and not self.ended_early:
            self._wire.write(self._head)
            self._head = None

    def _say(self, body: bytes, more: bool) -> None:
        head, self._head = self._head or b"", None
        if self._silent:
            body = b""
        if self._chunks:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body += b"" if more else b"0\r\n\r\n"
        if head or body:
            self._wire.write(head + body)
        if not more:
            self.answered = True
            self._news.set()
            self._wire.finished()
