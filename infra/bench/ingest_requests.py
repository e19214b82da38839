"""Requests as tools send them: signed single webhooks, and batches with an API key; made and signed beforehand."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from itertools import count, islice

import orjson

from infra.demo.load import mixed_load
from schemas.instant import SECOND, format_instant
from streams.embedded import machine_clock

ACCOUNTS = 2_000
_SEEDS = count(1)


def webhooks(path: str, secret: str, events: int) -> list[bytes]:
    """Standard Webhooks of the mixed load, one event each, signed now: they are good for five minutes."""
    now = machine_clock()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = str(now // SECOND).encode()
    return [_webhook(path, key, stamp, orjson.loads(raw)) for raw in _load(events, now)]


def _webhook(path: str, key: bytes, stamp: bytes, event: dict[str, object]) -> bytes:
    said = {name: event[name] for name in ("type", "account", "data")} | {"timestamp": event["time"]}
    body, id_ = orjson.dumps(said), str(event["id"]).encode()
    signature = base64.b64encode(hmac.digest(key, b"%b.%b.%b" % (id_, stamp, body), "sha256"))
    headers = b"webhook-id: %b\r\nwebhook-timestamp: %b\r\nwebhook-signature: v1,%b\r\n" % (id_, stamp, signature)
    return request(path, body, headers, b"application/json")


def batches(key: str, events: int, at_once: int, *, of_usage: bool = False) -> list[bytes]:
    """Arrays of CloudEvents for `/v1/events`: of the mixed load, or of its usage alone."""
    headers = b"authorization: Bearer %b\r\n" % key.encode()
    load = _load(events * 5 // 4 if of_usage else events, machine_clock())
    waiting = islice((raw for raw in load if b'"type":"usage.' in raw), events) if of_usage else load
    made = []
    while batch := list(islice(waiting, at_once)):
        body = b"[" + b",".join(batch) + b"]"
        made.append(request("/v1/events", body, headers, b"application/cloudevents-batch+json"))
    return made


def usage(key: str, requests: int, at_once: int) -> Iterator[bytes]:
    """Batches of usage without end in sight, made as they are sent: what a quota turns away."""
    headers, run = b"authorization: Bearer %b\r\n" % key.encode(), next(_SEEDS)
    time = format_instant(machine_clock())
    for number in range(requests):
        events = (_used(run, number, place, time) for place in range(at_once))
        body = b"[" + b",".join(events) + b"]"
        yield request("/v1/events", body, headers, b"application/cloudevents-batch+json")


def _used(run: int, number: int, place: int, time: str) -> bytes:
    return (
        b'{"specversion":"1.0","id":"u%d-%d-%d","source":"flood","type":"usage.recorded","time":"%b",'
        b'"account":"a-%d","data":{"name":"report.opened","quantity":1}}'
        % (run, number, place, time.encode(), place % ACCOUNTS)
    )


def request(path: str, body: bytes, headers: bytes = b"", media: bytes = b"application/json") -> bytes:
    """One POST, whole."""
    head = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: %b\r\ncontent-length: %d\r\n"
    return head % (path.encode(), media, len(body)) + headers + b"\r\n" + body


def _load(events: int, now: int) -> Iterator[bytes]:
    return mixed_load(next(_SEEDS), events, ACCOUNTS, now)
