"""A real HTTP server on loopback that answers as told and remembers what it was sent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def status(code: int, *headers: str, body: bytes = b"ok") -> Answer:
    """Answers a status at once."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {code} X", f"Content-Length: {len(body)}", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return answer


async def silence(writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(60)


async def reset(writer: asyncio.StreamWriter) -> None:
    """Takes the whole request, then breaks the connection."""
    writer.transport.abort()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Answers 200 at once and then sends the body byte by byte, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def slow_headers(writer: asyncio.StreamWriter) -> None:
    """Sends the head of the reply byte by byte, so that no single read takes long."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Pad: " + b"a" * 5000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


@dataclass
class Receiver:
    """Answers in turn; the last answer is for all that follow. Runs on a thread from `with` on."""

    answers: list[Answer] = field(default_factory=lambda: [status(200)])
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    bytes_written: int = 0
    most_at_once: int = 0
    port: int = 0
    _at_once: int = 0
    _new: threading.Condition = field(default_factory=threading.Condition)
    _ready: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def wait_for(self, count: int, seconds: float = 5) -> list[Received]:
        """What was received, once it is so many."""
        with self._new:
            assert self._new.wait_for(lambda: len(self.received) >= count, seconds), f"only {len(self.received)}"
            return list(self.received)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._talks: list[asyncio.Task[None]] = []
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.append(task)
        self.connections += 1
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                while True:
                    await self._exchange(reader, writer)
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await reader.readexactly(int(headers["content-length"]))
        with self._new:
            self.received.append(Received(head[0].split(" ")[1], headers, body, time.perf_counter()))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._new.notify_all()
        try:
            await answer(writer)
        finally:
            self._at_once -= 1
