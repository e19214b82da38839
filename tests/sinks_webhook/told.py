"""Invented alerts and endpoints, and a clock that is set by hand."""

from __future__ import annotations

import orjson

from schemas.instant import SECOND, format_instant, parse_instant
from sinks.webhook.address_guard import AddressPolicy
from sinks.webhook.alert import OutgoingAlert
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.shapes import Shape
from sinks.webhook.sink import WebhookSettings

NOON = parse_instant("2026-03-02T12:00:00Z")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT_SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
LOOPBACK = AddressPolicy(allow_http=True, allow_private=True, ports=None)


class Clock:
    """Stands still until it is set."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


def alert(
    number: int = 1,
    *,
    tenant: str = "acme",
    kind: str = "sla.breached",
    happened_at: int = NOON,
    account: str | None = "",
) -> OutgoingAlert:
    """An alert about an account of its own, or the one that is named."""
    of = f"account-{number}" if account == "" else account
    data = {"summary": f"Ticket {number} breached its promise", "ticket": f"t-{number}", "minutes_late": number}
    body = orjson.dumps({"type": kind, "timestamp": format_instant(happened_at), "data": data})
    return OutgoingAlert(f"alert-{number:05}", tenant, kind, of, f"t-{number}", happened_at, body)


def endpoint(
    url: str,
    name: str = "desk",
    *,
    tenant: str = "acme",
    kinds: tuple[str, ...] = (),
    shape: Shape = "standard",
    secrets: tuple[str, ...] = (SECRET,),
    enabled: bool = True,
) -> Endpoint:
    return Endpoint(name, tenant, url, secrets, kinds, shape, enabled)


def settings(
    policy: AddressPolicy = LOOPBACK, *, timeout_seconds: float = 3.0, concurrency_per_endpoint: int = 8
) -> WebhookSettings:
    return WebhookSettings(
        policy,
        timeout_seconds=timeout_seconds,
        concurrency_per_endpoint=concurrency_per_endpoint,
        stop_grace_seconds=0.1,
    )
