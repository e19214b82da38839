"""A load of HTTP requests over loopback: made beforehand, sent over kept connections, each answer timed."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LONGEST_ANSWER_SECONDS = 20.0


@dataclass(slots=True)
class Answered:
    """What a load was answered: milliseconds of each answer, how often each status came, seconds it all took."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def good(self) -> int:
        """Requests that were answered with success, whole."""
        return self.statuses[200]

    @property
    def per_second(self) -> float:
        return self.good / self.seconds

    def percentile(self, of_hundred: float) -> float:
        """Milliseconds within which so many of a hundred were answered."""
        return float(np.percentile(self.milliseconds, of_hundred))


class _Line(asyncio.Protocol):
    """One kept connection with at most one request under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._read = bytearray()
        self._whole = 0
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what asyncio gives a streaming protocol
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """The status of the answer, once all of it came."""
        assert self._transport is not None  # noqa: S101 - `create_connection` returns after it was made
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._whole:
            head = self._read.find(b"\r\n\r\n")
            if head < 0:
                return
            length = _LENGTH.search(self._read, 0, head)
            self._whole = head + 4 + (int(length[1]) if length else 0)
        if len(self._read) >= self._whole and self._answer is not None:
            status = int(self._read[9:12])
            del self._read[: self._whole]
            self._whole = 0
            if not self._answer.done():
                self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the server closed the connection: {exc}"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def at_once(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Answered:
    """As fast as answers come over so many connections, for so long or until there are no more requests."""
    answered, lines = Answered(), await _lines(port, connections)
    began = time.perf_counter()

    async def follow(line: _Line) -> None:
        for request in requests:
            sent = time.perf_counter()
            if sent - began > seconds:
                return
            status = await asyncio.wait_for(line.ask(request), _LONGEST_ANSWER_SECONDS)
            answered.milliseconds.append(1_000 * (time.perf_counter() - sent))
            answered.statuses[status] += 1

    await asyncio.gather(*map(follow, lines))
    answered.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return answered


async def evenly(
    port: int, requests: Iterator[bytes], per_second: float, seconds: float, connections: int = 64
) -> Answered:
    """At an even pace, whatever the answers; each is timed from when its request was due, so that waiting counts."""
    answered, lines = Answered(), await _lines(port, connections)
    free: asyncio.Queue[_Line] = asyncio.Queue()
    for line in lines:
        free.put_nowait(line)
    under_way: set[asyncio.Task[None]] = set()

    async def send(request: bytes, due: float) -> None:
        line = await free.get()
        status = await asyncio.wait_for(line.ask(request), _LONGEST_ANSWER_SECONDS)
        answered.milliseconds.append(1_000 * (time.perf_counter() - due))
        answered.statuses[status] += 1
        free.put_nowait(line)

    began = time.perf_counter()
    for number in range(int(per_second * seconds)):
        due = began + number / per_second
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        request = next(requests, None)
        if request is None:
            break
        task = asyncio.create_task(send(request, due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    answered.seconds = time.perf_counter() - began
    for line in lines:
        line.close()
    return answered


async def _lines(port: int, connections: int) -> list[_Line]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(_Line, "127.0.0.1", port) for _ in range(connections)]
    return [line for _, line in made]
