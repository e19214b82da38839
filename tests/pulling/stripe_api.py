"""Stripe as documented: events newest first, read on after the last one's id."""

from __future__ import annotations

from typing import Any

from tests.pulling.acted import Case, seconds_of
from tests.pulling.tool import Asked, Told

_AT_ONCE = 2
_BEGAN = seconds_of("2026-03-01T08:00:00+00:00")


def event(number: int, kind: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{number:06}",
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": _BEGAN + number,
        "type": kind,
        "livemode": True,
        "pending_webhooks": 1,
        "data": {"object": about},
    }


def subscription(status: str, seats: int) -> dict[str, Any]:
    price = {"id": "price_1", "lookup_key": "gold", "unit_amount": 900, "recurring": {"interval": "month"}}
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": status,
        "currency": "eur",
        "cancel_at_period_end": False,
        "metadata": {"account_id": "acct_1007"},
        "items": {"data": [{"quantity": seats, "price": price}]},
    }


INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "customer": "cus_1",
    "status": "open",
    "attempt_count": 2,
    "next_payment_attempt": None,
    "metadata": {"account_id": "acct_1007"},
}
EVENTS = [
    event(1, "customer.subscription.created", subscription("trialing", 5)),
    event(2, "customer.subscription.updated", subscription("active", 9)),
    event(3, "invoice.payment_failed", INVOICE),
]


class Stripe:
    def __init__(self, crowd: int = 0) -> None:
        more = [event(100 + place, "invoice.paid", INVOICE) for place in range(crowd)]
        self.events = EVENTS + more
        self.moves = 0

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != "Bearer a-token-of-this-test":
            return Told({"error": {"type": "invalid_request_error"}}, 401)
        shown = sorted(self.events, key=lambda row: -row["created"])
        if "created[gte]" in asked.query:
            shown = [row for row in shown if row["created"] >= int(asked.query["created[gte]"])]
        after = asked.query.get("starting_after")
        if after is not None:
            ids = [row["id"] for row in shown]
            if after not in ids:
                return Told({"error": {"code": "resource_missing", "message": f"No such event: '{after}'"}}, 404)
            shown = shown[ids.index(after) + 1 :]
        return Told(
            {"object": "list", "data": shown[:_AT_ONCE], "has_more": len(shown) > _AT_ONCE, "url": "/v1/events"}
        )

    def move(self) -> None:
        self.moves += 1
        self.events.append(event(100_000 + self.moves, "invoice.paid", INVOICE))


CASE = Case(
    source="stripe",
    play=Stripe,
    listed="/v1/events",
    detailed="",
    live=EVENTS,
    ids=[row["id"] for row in EVENTS],
    moved=[],
    compared=(),
    crowd=4,
    crowded=lambda crowd: [f"evt_{100 + place:06}" for place in range(crowd)],
    gone=Told({"error": {"code": "resource_missing"}}, 404),
)
