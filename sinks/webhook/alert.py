"""The alert a webhook tells: what the engine hands to this sink."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import orjson

from schemas.instant import format_instant

TRIAL_KIND = "webhook.trial"


@dataclass(frozen=True, slots=True)
class OutgoingAlert:
    """One alert. Never checked here: what cannot be sent is logged as abandoned, so that it holds up no other.

    `alert_id` is derived from what is said and becomes the `webhook-id`; `happened_at` is in microseconds UTC on the
    tenant's clock; `body` is a JSON object, written once, sent as it is in the `standard` shape.
    """

    alert_id: str
    tenant: str
    kind: str
    account: str | None
    subject: str
    happened_at: int
    body: bytes = field(repr=False)
    traceparent: str | None = None


def trial(tenant: str, now: int) -> OutgoingAlert:
    """An alert about nothing, to see whether an endpoint hears; each is another one."""
    summary = "A trial: Millrace reaches this endpoint. Nothing happened."
    said = {"type": TRIAL_KIND, "timestamp": format_instant(now), "tenant": tenant, "summary": summary}
    return OutgoingAlert(f"trial-{uuid4().hex}", tenant, TRIAL_KIND, None, "trial", now, orjson.dumps(said))
