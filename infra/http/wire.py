"""HTTP/1.1 over one connection: uvicorn's protocol, which llhttp reads for strictly, with bounds and with deadlines.

What proxies and servers read in two ways (lengths beside chunks, bare line feeds, folded lines) llhttp refuses; what it
leaves to a server (one `Host`, a path for a target, how large a head may be) is refused here (RFC 9112).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

import httptools
import orjson
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from infra.http import patience
from infra.http.corked import Corked
from infra.http.patience import Patience

LARGEST_HEAD_BYTES: Final = 16_384
MOST_HEADERS: Final = 100
MOST_CONNECTIONS: Final = 2_000
# Sizes, extensions and trailers of chunks may take so much more than the body that they frame.
_MOST_FRAMING_BYTES: Final = 65_536
_FRAMING_A_BODY_BYTE: Final = 8

_TITLES: Final = {
    400: "the request is not HTTP/1.1 as it should be",
    408: "the request did not come in time",
    417: "this cannot be expected",
    431: "the head of the request is too large",
    503: "too many connections",
}

Part = Literal["nothing", "head", "body"]


class Unreadable(Exception):
    """The request cannot be read; `status` and the message are the answer, and the connection ends."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Wire(HttpToolsProtocol):
    """One connection. Requests on it are answered one after another."""

    most_per_peer = 200

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience = Patience(self.loop, self._too_late, self._give_up)
        self._part: Part = "nothing"
        self._head_bytes = self._header_count = self._framing_bytes = 0
        self._lingering = self._keeps = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Corked(transport))  # type: ignore[arg-type]  # all that is asked of it, it passes on
        peer = self.client and self.client[0]
        here = [one for one in self.connections if isinstance(one, Wire) and one.client and one.client[0] == peer]
        self._patience.wait(patience.HEAD_SECONDS)
        self._patience.look()
        if len(here) > self.most_per_peer or len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, f"at most {self.most_per_peer} at once; close some", b"retry-after: 1\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        self._unset_keepalive_if_required()
        if self._part == "head":
            self._head_bytes += len(data)
        elif self._part == "body":
            self._framing_bytes += len(data)
        try:
            self.parser.feed_data(data)
            self._require_measure()
        except httptools.HttpParserUpgrade:
            # Nothing else is spoken here, so the wish is passed over and the request answered.
            return
        except httptools.HttpParserCallbackError as error:
            self._refuse_for(error.__context__ or error)
        except (httptools.HttpParserError, Unreadable) as error:
            self._refuse_for(error)

    # --- what the parser calls; what is raised here comes out of `feed_data` ---

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._part = "head"
        self._head_bytes = self._header_count = 0
        if not self._is_busy:
            self._patience.wait(patience.HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes = max(self._head_bytes, len(self.url))
        self._require_measure()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._head_bytes = max(self._head_bytes, len(name) + len(value))
        self._require_measure()
        # A header that comes after the body can change nothing any more.
        if self._part == "head":
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        self._require_clear()
        self._part = "body"
        self._header_count = self._framing_bytes = 0
        if not self._is_busy:
            self._patience.wait(patience.BODY_SECONDS)
        super().on_headers_complete()
        if self.expect_100_continue:
            # Where it is answered unread, whether the body still comes is its sender's choice: nothing can follow it.
            self._keeps, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_body(self, body: bytes) -> None:
        self._framing_bytes -= (1 + _FRAMING_A_BODY_BYTE) * len(body)
        if self.expect_100_continue and not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._part = "nothing"
        if self._is_busy:
            self._patience.forever()
        super().on_message_complete()

    # --- what the answer calls ---

    def on_response_complete(self) -> None:
        super().on_response_complete()
        waits = {"nothing": patience.IDLE_SECONDS, "head": patience.HEAD_SECONDS, "body": patience.BODY_SECONDS}
        if self._lingering:
            self._end_politely()
        elif not self.pipeline:
            self._patience.wait(waits[self._part])

    def pause_writing(self) -> None:
        super().pause_writing()
        self._patience.writing(stuck=True)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._patience.writing(stuck=False)

    # --- what is refused ---

    @property
    def _is_busy(self) -> bool:
        """Whether a request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return bool(self.pipeline) or (cycle is not None and not cycle.response_complete)

    def _require_measure(self) -> None:
        if self._part == "head" and self._head_bytes > LARGEST_HEAD_BYTES:
            raise Unreadable(431, f"it is longer than {LARGEST_HEAD_BYTES:,} bytes")
        if self._header_count > MOST_HEADERS:
            raise Unreadable(431 if self._part == "head" else 400, f"more than {MOST_HEADERS} headers")
        if self._part == "body" and self._framing_bytes > _MOST_FRAMING_BYTES:
            raise Unreadable(400, "its chunks are framed by more bytes than they hold")

    def _require_clear(self) -> None:
        """The head can be understood in one way only."""
        version = self.parser.get_http_version()
        names = [name for name, _ in self.headers]
        if version not in ("1.0", "1.1") or not self.url.startswith(b"/") or not self.url.isascii():
            raise Unreadable(400, "the first line is not `METHOD /path HTTP/1.1`")
        if names.count(b"host") > 1 or (version == "1.1" and b"host" not in names):
            raise Unreadable(400, "there must be one `Host`")
        if version == "1.0" and b"transfer-encoding" in names:
            raise Unreadable(400, "`Transfer-Encoding` is of HTTP/1.1")
        if any(name == b"expect" and value.lower() != b"100-continue" for name, value in self.headers):
            raise Unreadable(417, "`Expect` can be 100-continue only")

    def _refuse_for(self, error: BaseException) -> None:
        status = error.status if isinstance(error, Unreadable) else 400
        self._refuse(status, str(error) or type(error).__name__)

    def _refuse(self, status: int, detail: str, headers: bytes = b"") -> None:
        """Says what is wrong, where no answer has begun that somebody waits for, and ends the connection."""
        self._lingering = True
        cycle = self.cycle
        if self.pipeline:
            self._give_up()
        elif not self._is_busy:
            self.transport.write(_refusal(status, detail, headers))
            self._end_politely()
        elif cycle.more_body:
            if not cycle.response_started:
                self.transport.write(_refusal(status, detail, headers))
            cycle.disconnected = True
            cycle.message_event.set()
            self._end_politely()
        else:
            # What was understood is answered first; what came after it is not, and the connection ends.
            cycle.keep_alive = False

    def _end_politely(self) -> None:
        """Closes for writing; what still comes is thrown away for a while, for a reset would take the answer along."""
        if self.transport.is_closing():
            return
        self._lingering = True
        self._patience.wait(patience.LINGER_SECONDS)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _too_late(self) -> None:
        if self._lingering:
            self._give_up()
        elif self._part == "nothing" or not self._is_waited_for:
            self.transport.close()
        else:
            seconds = patience.HEAD_SECONDS if self._part == "head" else patience.BODY_SECONDS
            self._refuse(408, f"its {self._part} must come within {seconds:g} s")

    @property
    def _is_waited_for(self) -> bool:
        """Whether the request under way still needs what comes: its head, or a body that is not answered yet."""
        return self._part == "head" or not self.cycle.response_complete

    def _give_up(self) -> None:
        """Ends the connection so that a part of an answer is not taken for the whole."""
        self.transport.abort()


def _refusal(status: int, detail: str, headers: bytes) -> bytes:
    body = orjson.dumps({"status": status, "title": _TITLES[status], "detail": detail})
    head = b"HTTP/1.1 %d \r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
    return head % (status, len(body)) + headers + b"connection: close\r\n\r\n" + body


class ProxiedWire(Wire):
    """A connection where a proxy stands in front: all of them are the proxy's, and it counts its own clients."""

    most_per_peer = MOST_CONNECTIONS
