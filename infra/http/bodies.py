"""Request bodies to records: CloudEvents in structured, batch and binary mode, plain or gzip, all of it bounded."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from urllib.parse import unquote

import orjson
from starlette.requests import Request

from infra.http.problems import Problem
from schemas.decode import LARGEST_RECORD_BYTES

LARGEST_BATCH_BYTES = 16 * LARGEST_RECORD_BYTES
MOST_RECORDS = 10_000

_BATCH = ("application/cloudevents-batch+json", "application/x-ndjson", "application/jsonl")
_SPACE = b" \t\r\n"


async def records_of(request: Request) -> list[bytes]:
    """The records a request carries, each as the bytes of one structured event. Raises Problem."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    most = LARGEST_RECORD_BYTES if media == "application/cloudevents+json" else LARGEST_BATCH_BYTES
    body = await _body(request, most)
    if "ce-id" in request.headers or "ce-type" in request.headers:
        return [_binary(request.headers, body)]
    if media in ("application/x-ndjson", "application/jsonl"):
        return _few([line for line in body.splitlines() if line.strip()])
    if media not in ("application/json", "application/cloudevents+json", *_BATCH):
        raise Problem(415, "unsupported media type", f"{media!r}; send application/cloudevents+json or -batch+json")
    if body.lstrip(_SPACE)[:1] == b"[":
        return _few(_items(body))
    if len(body) > LARGEST_RECORD_BYTES:
        raise _too_large(LARGEST_RECORD_BYTES)
    return [body]


async def _body(request: Request, most: int) -> bytes:
    """The body, inflated where it says gzip; never more than `most` bytes are held."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(415, "unsupported content encoding", f"{encoding!r}; send it plain or as gzip")
    inflater = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    async for chunk in request.stream():
        try:
            body += inflater.decompress(chunk, most + 1 - len(body)) if inflater is not None else chunk
        except zlib.error as error:
            raise Problem(400, "the body is not gzip", str(error)) from error
        if len(body) > most:
            raise _too_large(most)
    if inflater is not None and not inflater.eof:
        raise Problem(400, "the body is not gzip", "it ends too early")
    return bytes(body)


def _too_large(most: int) -> Problem:
    return Problem(413, "the body is too large", f"at most {most:,} bytes are taken; split it", reason="too_large")


def _few(records: list[bytes]) -> list[bytes]:
    if len(records) > MOST_RECORDS:
        raise Problem(413, "the batch is too large", f"{len(records):,} records; send at most {MOST_RECORDS:,} at once")
    return records


def _items(body: bytes) -> list[bytes]:
    """The elements of a JSON array. Where the whole is not JSON, those that can be told apart, and the rest as one."""
    try:
        return [orjson.dumps(item) for item in orjson.loads(body)]
    except orjson.JSONDecodeError:
        return _salvaged(body)


def _salvaged(body: bytes) -> list[bytes]:
    # The standard library reads on over NaN and the like, so one such element costs the others nothing.
    text = body.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder()
    items: list[bytes] = []
    at = text.index("[") + 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text) or text[at] == "]":
            return items
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = len(text)
        items.append(text[at:end].encode("utf-8", "surrogateescape"))
        at = end


def _binary(headers: Mapping[str, str], body: bytes) -> bytes:
    """Binary mode: attributes in `ce-` headers (percent-encoded), data in the body."""
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    try:
        return orjson.dumps(attributes)[:-1] + b',"data":' + (body or b"{}") + b"}"
    except TypeError as error:
        raise Problem(400, "the headers cannot be read", "attributes must be UTF-8, percent-encoded") from error
