"""HTTP/1.1 over one connection: strict about what comes, and patient for so long only.

Used by uvicorn in place of its own protocol, which reads leniently (RFC 9112 allows it) and waits for ever.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import unquote

import orjson
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.server import ServerState

from infra.http import patience
from infra.http.exchange import MOST_WAITING_BYTES, Exchange
from infra.http.heads import CHUNKED, LARGEST_HEAD_BYTES, Head, Unreadable, read_head
from infra.http.incoming import Chunked, Counted
from infra.http.patience import Patience

MOST_CONNECTIONS = 2_000

_BARE: Final = re.compile(rb"(?<!\r)\n")
_TITLES: Final = {
    400: "the request is not HTTP/1.1 as it should be",
    408: "the request did not come in time",
    417: "this cannot be expected",
    431: "the head of the request is too large",
    500: "the request failed",
    501: "this is not known here",
    503: "too many connections",
}


class Wire(asyncio.Protocol):
    """One connection. Requests on it are answered one after another."""

    most_per_peer = 200

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app: Any = config.loaded_app
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._exchange: Exchange | None = None
        self._patience = Patience(self._loop, self._too_late, self.give_up)
        self._head_begun = False
        self._lingering = False
        self._leaving = False
        self._reading = True
        self._gate = asyncio.Event()
        self._gate.set()
        self._around: Scope = {}
        self.peer = ""

    @property
    def date(self) -> list[bytes]:
        """The headers that every answer bears, as they are written."""
        return [part for name, value in self._state.default_headers for part in (name, b": ", value, b"\r\n")]

    # --- what the event loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a connection that is read and written is expected")
        self._transport = transport
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self.peer = str(peer[0]) if peer else ""
        self._around = {"client": tuple(peer[:2]) if peer else None, "server": tuple(here[:2]) if here else None}
        others: Any = self._state.connections
        many = len(others) >= MOST_CONNECTIONS
        many = many or sum(one.peer == self.peer for one in others) >= self.most_per_peer
        others.add(self)
        self._patience.wait(patience.HEAD_SECONDS)
        self._patience.look()
        if many:
            self.refuse(503, _TITLES[503], f"at most {self.most_per_peer} at once; close some", b"retry-after: 1\r\n")

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        self._buffer += data
        try:
            self._read()
        except Unreadable as unreadable:
            self.refuse(unreadable.status, _TITLES[unreadable.status], str(unreadable))

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._transport = None
        self._patience.end()
        self._gate.set()
        if self._exchange is not None and not self._exchange.answered:
            self._exchange.end()

    def pause_writing(self) -> None:
        self._gate.clear()
        self._patience.writing(stuck=True)

    def resume_writing(self) -> None:
        self._gate.set()
        self._patience.writing(stuck=False)

    def shutdown(self) -> None:
        """The server ends: an answer under way is finished, and no other request is taken."""
        self._leaving = True
        if self._exchange is None or self._exchange.answered or self._lingering:
            self._close()
        else:
            self._exchange.keeps = False

    # --- what an exchange calls ---

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def writable(self) -> None:
        """Returns once what was written before is on its way."""
        if not self._gate.is_set():
            await self._gate.wait()

    def go_on_reading(self) -> None:
        """The application took what waited."""
        if not self._reading and self._transport is not None and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()
        # What had come before reading was stopped may hold the rest of the body.
        if self._buffer and self._exchange is not None and not self._exchange.incoming.ended:
            self._loop.call_soon(self.data_received, b"")

    def finished(self) -> None:
        """The answer was written whole; what is left of the request is read over, then the next one is looked at."""
        self._state.total_requests += 1
        exchange = self._exchange
        if exchange is None:
            return
        if self._leaving:
            self._close()
        elif not exchange.keeps:
            self._end_politely()
        elif exchange.incoming.ended:
            self._next()
        else:
            exchange.body.clear()
            self._patience.wait(patience.BODY_SECONDS)
            self.go_on_reading()

    def refuse(self, status: int, title: str, detail: str, headers: bytes = b"") -> None:
        """Says what is wrong with the request, where no answer has begun, and ends the connection."""
        exchange = self._exchange
        if exchange is None or not (exchange.begun or exchange.answered):
            self.write(_refusal(status, title, detail, headers))
        if exchange is not None and not exchange.answered:
            exchange.end()
        self._end_politely()

    def give_up(self) -> None:
        """Ends the connection so that a part of an answer is not taken for the whole."""
        if self._transport is not None:
            self._transport.abort()

    # --- the course of a connection ---

    def _read(self) -> None:
        while not self._lingering and self._transport is not None:
            exchange = self._exchange
            if exchange is None:
                if not self._begin():
                    return
                continue
            if not exchange.incoming.ended:
                self._take_body(exchange)
            if exchange.incoming.ended and exchange.answered:
                self._next(reading=True)
                continue
            if self._reading and len(self._buffer) + len(exchange.body) > MOST_WAITING_BYTES:
                self._reading = False
                self._transport.pause_reading()
            return

    def _begin(self) -> bool:
        """Starts the next request where its head is there; False where more must come."""
        buffer = self._buffer
        while buffer[:2] == b"\r\n":  # left over by senders that end a body with an empty line
            del buffer[:2]
        if not buffer:
            return False
        end = buffer.find(b"\r\n\r\n", 0, LARGEST_HEAD_BYTES)
        if end < 0:
            if len(buffer) >= LARGEST_HEAD_BYTES:
                raise Unreadable(431, f"it is longer than {LARGEST_HEAD_BYTES:,} bytes")
            if _BARE.search(buffer):
                raise Unreadable(400, "its lines do not end in CR LF")
            if not self._head_begun:
                self._head_begun = True
                self._patience.wait(patience.HEAD_SECONDS)
            return False
        head = read_head(bytes(buffer[:end]))
        del buffer[: end + 4]
        self._head_begun = False
        self._start(head)
        return True

    def _start(self, head: Head) -> None:
        incoming = Chunked() if head.length == CHUNKED else Counted(head.length)
        exchange = self._exchange = Exchange(self, head, incoming, _scope(head, self._around))
        if incoming.ended:
            self._patience.forever()
        else:
            self._patience.wait(patience.BODY_SECONDS)
        task = self._loop.create_task(exchange.run(self._app))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    def _take_body(self, exchange: Exchange) -> None:
        body = exchange.incoming.take(self._buffer)
        if not exchange.answered:
            exchange.body += body
        if exchange.incoming.ended:
            self._patience.forever()
        if body or exchange.incoming.ended:
            exchange.heard()

    def _next(self, *, reading: bool = False) -> None:
        """The request is over; another may follow."""
        self._exchange = None
        self._patience.wait(patience.IDLE_SECONDS)
        if self._leaving:
            self._close()
            return
        if not self._reading and self._transport is not None:
            self._reading = True
            self._transport.resume_reading()
        if self._buffer and not reading:
            self._loop.call_soon(self.data_received, b"")

    def _end_politely(self) -> None:
        """Closes for writing; what still comes is thrown away for a while, for a reset would take the answer along."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._lingering = True
        self._buffer.clear()
        self._patience.wait(patience.LINGER_SECONDS)
        if transport.can_write_eof():
            transport.write_eof()
        if not self._reading:
            self._reading = True
            transport.resume_reading()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _too_late(self) -> None:
        exchange = self._exchange
        if self._lingering:
            self.give_up()
        elif exchange is None and not self._head_begun:
            self._close()
        elif exchange is not None and exchange.answered:
            self._end_politely()
        else:
            what = "head" if exchange is None else "body"
            seconds = patience.HEAD_SECONDS if exchange is None else patience.BODY_SECONDS
            self.refuse(408, _TITLES[408], f"its {what} must come within {seconds:g} s")


def _refusal(status: int, title: str, detail: str, headers: bytes) -> bytes:
    body = orjson.dumps({"status": status, "title": title, "detail": detail})
    head = b"HTTP/1.1 %d \r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
    return head % (status, len(body)) + headers + b"connection: close\r\n\r\n" + body


def _scope(head: Head, around: Scope) -> Scope:
    """What ASGI calls the request."""
    path, _, query = head.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": head.method.decode("ascii"),
        "root_path": "",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": head.headers,
        "state": {},
        **around,
    }


class ProxiedWire(Wire):
    """A connection where a proxy stands in front: all of them are the proxy's, and it counts its own clients."""

    most_per_peer = MOST_CONNECTIONS
