"""What a connection hears of bytes: the requests that reach an application whole."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.server import ServerState

from infra.http.wire import Wire

Heard = tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]
_TURNS = 12


class Nobody(asyncio.Transport):
    """The other end, to which nothing matters."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def write_eof(self) -> None: ...

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


def read_by_wire(raw: bytes, size: int) -> list[Heard]:
    """The requests heard when the bytes come in pieces of this size."""
    return asyncio.run(_read(raw, size))


async def _read(raw: bytes, size: int) -> list[Heard]:
    heard: list[Heard] = []

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message["body"]
            if not message["more_body"]:
                break
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        heard.append((scope["method"].encode(), target, list(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = Config(listen, lifespan="off", log_config=None)
    config.load()
    wire = Wire(config, ServerState(), {})
    wire.connection_made(Nobody())
    for place in range(0, len(raw), size):
        wire.data_received(raw[place : place + size])
        for _ in range(_TURNS):
            await asyncio.sleep(0)
    wire.connection_lost(None)
    return heard
