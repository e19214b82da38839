"""The head of an HTTP/1.1 request, read strictly: whatever two readers could understand differently is refused.

RFC 9112 lets a server be lenient in places where proxies are lenient in other ways; requests are smuggled between the
two. So there are no bare line feeds, no folded lines, no second length and no length beside chunks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LARGEST_HEAD_BYTES: Final = 16_384
MOST_HEADERS: Final = 100
CHUNKED: Final = -1

_REQUEST_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (/[\x21-\x7e]*) HTTP/1\.([01])")
HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)")
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")


class Unreadable(Exception):
    """The request cannot be read; `status` and the message are the answer, and the connection ends."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A request's head. `length` counts the body's bytes, or is CHUNKED. Header names are in lower case.

    `keeps`: another request may follow; `expects`: the body comes when it is asked for; `old`: HTTP/1.0.
    """

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    length: int
    keeps: bool
    expects: bool
    old: bool


def read_head(head: bytes) -> Head:
    """The head out of its bytes, without the empty line that ends it. Raises Unreadable."""
    first, *lines = head.split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise Unreadable(400, "the first line is not `METHOD /path HTTP/1.1`")
    if len(lines) > MOST_HEADERS:
        raise Unreadable(431, f"more than {MOST_HEADERS} headers")
    headers: list[tuple[bytes, bytes]] = []
    for each in lines:
        found = HEADER.fullmatch(each)
        if found is None:
            raise Unreadable(400, "a header is not `name: value` on one line that ends in CR LF")
        headers.append((found[1].lower(), found[2].strip(b" \t")))
    return _framed(line[1], line[2], line[3] == b"0", headers)


def _framed(method: bytes, target: bytes, old: bool, headers: list[tuple[bytes, bytes]]) -> Head:
    """The head with what its headers say about the body and the connection."""
    lengths: list[bytes] = []
    codings: list[bytes] = []
    hosts, keeps, expects = 0, not old, False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name == b"connection":
            keeps = keeps and b"close" not in value.lower()
        elif name == b"expect":
            if value.lower() != b"100-continue":
                raise Unreadable(417, "`Expect` can be 100-continue only")
            expects = not old
    if hosts != 1 and not (old and not hosts):
        raise Unreadable(400, "there must be one `Host`")
    return Head(method, target, headers, _length(lengths, codings, old), keeps, expects, old)


def _length(lengths: list[bytes], codings: list[bytes], old: bool) -> int:
    """How long the body is. Raises Unreadable where that is said twice, or not in digits."""
    if codings:
        if lengths:
            raise Unreadable(400, "`Content-Length` and `Transfer-Encoding` contradict each other: send one of them")
        if old or len(codings) > 1:
            raise Unreadable(400, "`Transfer-Encoding` is said once, and in HTTP/1.1")
        if codings[0].lower() != b"chunked":
            raise Unreadable(501, "of transfer encodings only `chunked` is known")
        return CHUNKED
    if not lengths:
        return 0
    if len(lengths) > 1:
        raise Unreadable(400, "`Content-Length` is said more than once")
    if _LENGTH.fullmatch(lengths[0]) is None:
        raise Unreadable(400, "`Content-Length` is a number in digits")
    return int(lengths[0])
