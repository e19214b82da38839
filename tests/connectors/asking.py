"""Payloads as requests: the body with the headers its tool would send, to a connection that an operator set up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from schemas.instant import parse_instant
from streams.connectors.catalog import BY_NAME
from streams.connectors.contract import Made
from streams.connectors.request import Request, Setup

FOLDER = Path(__file__).parent
PAYLOADS = FOLDER / "payloads"
ARRIVED = parse_instant("2026-03-02T18:30:00Z")

# What a header says and the body does not.
HEADERS: Mapping[str, Mapping[str, str]] = {
    "helpscout/convo_created.json": {"x-helpscout-event": "convo.created"},
    "helpscout/convo_status.json": {"x-helpscout-event": "convo.status"},
    "helpscout/convo_deleted.json": {"x-helpscout-event": "convo.deleted"},
    "helpscout/satisfaction_ratings.json": {"x-helpscout-event": "satisfaction.ratings"},
    "github/issue_comment_created.json": {"x-github-event": "issue_comment"},
    "github/issues_closed.json": {"x-github-event": "issues"},
    "github/issues_labeled.json": {"x-github-event": "issues"},
    "github/issues_opened.json": {"x-github-event": "issues"},
    "zammad/ticket_created.json": {"x-zammad-trigger": "created"},
    "zammad/ticket_updated_closed.json": {"x-zammad-trigger": "updated"},
    "envelope/cloudevent_structured.json": {"content-type": "application/cloudevents+json"},
    "envelope/cloudevents_batch.json": {"content-type": "application/cloudevents-batch+json"},
}
# Over the bus, not over HTTP.
NO_REQUESTS = ("envelope/kafka_binary_mode.json",)


@cache
def names() -> tuple[str, ...]:
    """Every payload that comes as a request, by folder and file."""
    found = sorted(str(path.relative_to(PAYLOADS)) for path in PAYLOADS.rglob("*") if path.is_file())
    return tuple(name for name in found if name not in NO_REQUESTS)


@cache
def vectors() -> tuple[dict[str, Any], ...]:
    """Signatures as tools compute them: public ones and ones computed by their recipes."""
    return tuple(json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))["vectors"])


def connector_of(name: str) -> str:
    """Which connector takes a payload."""
    folder = name.partition("/")[0]
    return "cloudevents" if folder == "envelope" else folder


def set_up(connector: str, **more: Any) -> Setup:
    """A connection under the connector's own name."""
    return Setup(connector, person_key=b"a key of this test", **more)


def asked(name: str, *, received_at: int = ARRIVED, **setup: Any) -> Request:
    """A payload as it comes."""
    body = (PAYLOADS / name).read_bytes()
    headers = dict(HEADERS.get(name, {}))
    if name == "envelope/http_binary_mode.json":
        described = json.loads(body)
        headers, body = described["headers"], json.dumps(described["body"]).encode()
    return Request(body, headers, set_up(connector_of(name), **setup), received_at)


def made_of(name: str, **how: Any) -> list[Made]:
    """What a payload says."""
    return list(BY_NAME[connector_of(name)].events(asked(name, **how)))


def body_request(connector: str, body: bytes, headers: Mapping[str, str] | None = None, **setup: Any) -> Request:
    """Any body as a request of a connector."""
    return Request(body, headers or {}, set_up(connector, **setup), ARRIVED)
