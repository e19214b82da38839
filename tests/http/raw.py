"""A client that sends what it is told to, byte by byte if need be, and reads what is answered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """One answer; `closed` where nothing can follow it on its connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool

    def json(self) -> Any:
        return orjson.loads(self.body)


class Line:
    """One connection to a served desk."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._read = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer. Raises EOFError where the connection ends without one."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(first.split()[1]), headers, body, headers.get("connection") == "close")

    def ends(self) -> bool:
        """Whether the other side closes, and says nothing more before."""
        try:
            return not self._read and self._socket.recv(65_536) == b""
        except ConnectionResetError:
            return not self._read

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> None:
        found = self._socket.recv(65_536)
        if not found:
            raise EOFError(f"the connection ended after {self._read!r}")
        self._read += found


@contextmanager
def line(url: str) -> Iterator[Line]:
    """A connection to where a desk is served."""
    made = Line(int(url.rpartition(":")[2]))
    try:
        yield made
    finally:
        made.close()


def exchanged(url: str, request: bytes) -> Answer:
    """The first answer to the bytes."""
    with line(url) as made:
        made.send(request)
        return made.answer()


def dripped(made: Line, data: bytes, every_seconds: float) -> None:
    """Sends one byte after another, until the other side will not have more."""
    for place in range(len(data)):
        try:
            made.send(data[place : place + 1])
        except (BrokenPipeError, ConnectionResetError):
            return
        time.sleep(every_seconds)
