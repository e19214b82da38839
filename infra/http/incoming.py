"""Where does the body of a request end? Counted bytes, or chunks as RFC 9112 writes them and in no other way."""

from __future__ import annotations

import re
from typing import Final, Protocol

from infra.http.heads import HEADER, LARGEST_HEAD_BYTES, Unreadable

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\x20-\x7e\t]*)?")
_LONGEST_SIZE_LINE: Final = 256


class Incoming(Protocol):
    """Takes the bytes of one body out of what came."""

    ended: bool

    def take(self, buffer: bytearray) -> bytes:
        """The next bytes of the body, removed from the buffer with what frames them. Raises Unreadable."""


class Counted:
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = not length

    def take(self, buffer: bytearray) -> bytes:
        """As many of the body's bytes as there are."""
        if len(buffer) <= self._left:
            body = bytes(buffer)
            buffer.clear()
        else:
            body = bytes(buffer[: self._left])
            del buffer[: self._left]
        self._left -= len(body)
        self.ended = not self._left
        return body


class Chunked:
    """A body of chunks; what stands after the last one is read over, and bounded."""

    def __init__(self) -> None:
        self._left = 0
        self._in_chunk = False
        self._in_trailer = False
        self._trailer_bytes = 0
        self.ended = False

    def take(self, buffer: bytearray) -> bytes:
        """The bytes of all chunks, and parts of one, that came."""
        body = bytearray()
        while not self.ended and (self._chunk(buffer, body) if self._in_chunk else self._line(buffer)):
            pass
        return bytes(body)

    def _chunk(self, buffer: bytearray, body: bytearray) -> bool:
        """Moves bytes of the chunk under way; False where more must come."""
        taken = min(self._left, len(buffer))
        body += buffer[:taken]
        del buffer[:taken]
        self._left -= taken
        if self._left or len(buffer) < 2:
            return False
        if buffer[:2] != b"\r\n":
            raise Unreadable(400, "a chunk is longer than it says")
        del buffer[:2]
        self._in_chunk = False
        return True

    def _line(self, buffer: bytearray) -> bool:
        """Reads the line before a chunk, or one after the last; False where more must come."""
        most = LARGEST_HEAD_BYTES - self._trailer_bytes if self._in_trailer else _LONGEST_SIZE_LINE
        end = buffer.find(b"\n", 0, most)
        if end < 0:
            if len(buffer) >= most:
                raise Unreadable(400, "a line between chunks is too long")
            return False
        line = bytes(buffer[: end - 1])
        if not end or buffer[end - 1] != 0x0D or b"\r" in line:
            raise Unreadable(400, "a line between chunks does not end in CR LF")
        del buffer[: end + 1]
        if self._in_trailer:
            if line and HEADER.fullmatch(line) is None:
                raise Unreadable(400, "what follows the chunks is not `name: value` a line")
            self._trailer_bytes += end + 1
            self.ended = not line
            return True
        size = _SIZE.fullmatch(line)
        if size is None:
            raise Unreadable(400, "a chunk's size is not a number in hexadecimal digits")
        self._left = int(size[1], 16)
        self._in_chunk, self._in_trailer = self._left > 0, not self._left
        return True
