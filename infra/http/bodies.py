"""Request bodies to records: CloudEvents in structured, batch and binary mode, plain or gzip, all of it bounded."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Mapping
from itertools import islice
from urllib.parse import unquote

import msgspec
import orjson
from starlette.requests import Request

from infra.http.problems import Problem
from schemas.decode import LARGEST_RECORD_BYTES

LARGEST_BATCH_BYTES = 16 * LARGEST_RECORD_BYTES
MOST_RECORDS = 10_000
_MOST_MARKS = 2_000_000  # of a damaged array, then the rest is taken as one record
_LONG = 65_536

_LINES = ("application/x-ndjson", "application/jsonl")
_TAKEN = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")
_SPACE = b" \t\r\n"
# What tells the elements of a damaged array apart: whole strings, which may hold anything, and the marks between.
_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(msgspec.Raw)


async def records_of(request: Request) -> list[bytes]:
    """The records a request carries, each as the bytes of one structured event. Raises Problem."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media not in _LINES and media not in _TAKEN:
        raise Problem(415, "unsupported media type", f"{media!r}; send application/cloudevents+json or -batch+json")
    body = await body_of(request, LARGEST_BATCH_BYTES)
    if "ce-id" in request.headers or "ce-type" in request.headers:
        return [_binary(request.headers, body)]
    if media in _LINES:
        return _few([line for line in body.splitlines() if line.strip()])
    if body.lstrip(_SPACE)[:1] == b"[":
        return _few(_items(body) if len(body) < _LONG else await asyncio.to_thread(_items, body))
    return [body]


async def body_of(request: Request, most: int) -> bytes:
    """The body, inflated where it says gzip; never more than `most` bytes are held. Raises Problem."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(415, "unsupported content encoding", f"{encoding!r}; send it plain or as gzip")
    inflater = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body, received = bytearray(), 0
    async for chunk in request.stream():
        received += len(chunk)
        body += _inflated(inflater, chunk, most + 1 - len(body)) if inflater is not None else chunk
        if len(body) > most or received > most:
            raise Problem(
                413, "the body is too large", f"at most {most:,} bytes are taken; split it", reason="too_large"
            )
    if inflater is not None and not inflater.eof:
        raise Problem(400, "the body is not gzip", "it ends too early")
    return bytes(body)


def _inflated(inflater: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    try:
        inflated = inflater.decompress(chunk, most)
    except zlib.error as error:
        raise Problem(400, "the body is not gzip", str(error)) from error
    if inflater.unused_data or (inflater.eof and not inflated and chunk):
        raise Problem(400, "the body is not one gzip stream", "something follows its end")
    return inflated


def _few(records: list[bytes]) -> list[bytes]:
    if len(records) > MOST_RECORDS:
        raise Problem(413, "the batch is too large", f"more than {MOST_RECORDS:,} records; send fewer at once")
    return records


def _items(body: bytes) -> list[bytes]:
    """The elements of a JSON array as they came. Where one is damaged, the others are told apart all the same."""
    try:
        items = _ITEMS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _salvaged(body)
    return [bytes(item) for item in items[: MOST_RECORDS + 1]]


def _salvaged(body: bytes) -> list[bytes]:
    """Cuts at the commas of the outermost array; what is in an element need not be JSON."""
    items: list[bytes] = []
    begin = body.index(b"[") + 1
    depth = 0
    for mark in islice(_MARKS.finditer(body, begin), _MOST_MARKS):
        found, at = body[mark.start()], mark.start()
        if found in b"[{":
            depth += 1
        elif found in b"]}" and depth:
            depth -= 1
        elif found in b",]" and not depth:
            items.append(body[begin:at].strip(_SPACE))
            begin = mark.end()
            if found == ord("]") or len(items) > MOST_RECORDS:
                break
    else:
        items.append(body[begin:].strip(_SPACE))
    return [item for item in items if item]


def _binary(headers: Mapping[str, str], body: bytes) -> bytes:
    """Binary mode: attributes in `ce-` headers (percent-encoded), data in the body."""
    try:
        _ONE.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body  # it is no data; as it stands it is refused with the reason, and kept
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    return orjson.dumps(attributes)[:-1] + b',"data":' + (body or b"{}") + b"}"
