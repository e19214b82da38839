"""What is written in one turn of the event loop goes out at once: an answer's head and its body in one packet."""

from __future__ import annotations

import asyncio
from typing import Any


class Corked:
    """A transport in front of another. Everything but writing is the other's, after what was written."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keeps it until the loop's turn is over."""
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(data)

    def write_eof(self) -> None:
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._written.clear()
        self._transport.abort()

    def _flush(self) -> None:
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.write(b"".join(written))
