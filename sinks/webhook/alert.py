"""The alert a webhook tells: what the engine hands to this sink."""

from __future__ import annotations

from dataclasses import dataclass, field


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
