"""Stripe: what a customer pays, fails to pay, changes and ends.

Who ends a subscription has left, and who begins to pay for one is there, again perhaps. The end bears nothing of other
subscriptions: an operator whose customers have several says that it is no leaving. To delete a customer ends all.
https://docs.stripe.com/api/customers/delete
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.instant import format_if_known
from schemas.values import LARGEST_INTEGER
from streams.connectors import moments
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, number, parsed, rows, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying
from streams.connectors.signatures import Scheme, stripe
from streams.connectors.wording import attributes_of, name_of

_TIMES_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
_INVOICES = {
    "invoice.payment_failed": "payment_failed",
    "invoice.payment_action_required": "payment_action_required",
    "invoice.paid": "paid",
    "invoice.marked_uncollectible": "uncollectible",
    "invoice.voided": "void",
}
_SUBSCRIPTIONS = ("created", "updated", "paused", "resumed", "trial_will_end")


def events(request: Request) -> Sequence[Made]:
    """What the event says of its customer's account."""
    say, body = Saying("stripe", request), parsed(request.body)
    kind, about = text(body, "type"), table(body, "data", "object")
    told = (word(body, "id"), moments.seconds(at(body, "created")))
    account = _account(say, about)
    if account is not None and told[0]:
        if kind in _INVOICES:
            return (_invoice(say, _INVOICES[kind], about, account, told),)
        if kind == "customer.subscription.deleted":
            return (_ended(say, about, account, told),)
        if kind == "customer.deleted":
            return (say.say("account.churned", told[0], told[1], account),)
        if kind == "customer.subscription.created" and text(about, "status") == "active":
            stays = say.say("account.renewed", f"begun:{told[0]}", told[1], account)
            return (_subscription(say, about, account, told), stays)
        if kind.removeprefix("customer.subscription.") in _SUBSCRIPTIONS:
            return (_subscription(say, about, account, told),)
        if kind in ("customer.created", "customer.updated") and name_of(text(about, "name")):
            return (say.say("account.updated", told[0], told[1], account, name=name_of(text(about, "name"))),)
    return (say.unmapped(kind or "unknown", id_=told[0], at=told[1], account=account),)


def _account(say: Saying, about: dict[str, Any]) -> str | None:
    """Our id in the metadata of the object or of its subscription, whose place differs with the API's version."""
    places = (about, table(about, "parent", "subscription_details"), table(about, "subscription_details"))
    ours = next((found for place in places if (found := say.account_in(at(place, "metadata")))), "")
    kind = text(about, "object")
    return say.account(word(about, "customer") or (word(about, "id") if kind == "customer" else ""), ours=ours)


def _invoice(say: Saying, state: str, invoice: dict[str, Any], account: str, told: tuple[str, int | None]) -> Made:
    attributes: dict[str, Any] = {"billing_state": state, "invoice_status": text(invoice, "status")}
    attempts, next_at = number(invoice, "attempt_count"), moments.seconds(invoice.get("next_payment_attempt"))
    if state == "payment_failed":
        attributes |= {"payment_attempts": attempts, "payment_next_attempt": next_at is not None}
    return say.say("account.updated", told[0], told[1], account, attributes=attributes_of(attributes))


def _subscription(say: Saying, said: dict[str, Any], account: str, told: tuple[str, int | None]) -> Made:
    items = rows(said, "items", "data")
    price = table(items, 0, "price") or table(items, 0, "plan")
    attributes: dict[str, Any] = {"subscription_status": text(said, "status")}
    if isinstance(said.get("cancel_at_period_end"), bool):
        attributes["cancels_at_period_end"] = said["cancel_at_period_end"]
    renewal_at = moments.seconds(at(items, 0, "current_period_end")) or moments.seconds(said.get("current_period_end"))
    seats = [number(item, "quantity") or 0 for item in items]
    return say.say(
        "account.updated",
        told[0],
        told[1],
        account,
        plan=name_of(text(price, "lookup_key") or text(price, "nickname") or word(price, "id")),
        seats=_bounded(sum(seats)) if items else None,
        recurring_minor=_a_year(items),
        currency=_currency(text(said, "currency")),
        renewal_at=format_if_known(renewal_at),
        attributes=attributes_of(attributes),
    )


def _ended(say: Saying, subscription: dict[str, Any], account: str, told: tuple[str, int | None]) -> Made:
    details = table(subscription, "cancellation_details")
    reason = name_of(text(details, "feedback") or text(details, "reason"))
    if say.status("canceled") != "open":
        return say.say("account.churned", told[0], told[1], account, reason=reason)
    attributes = {"subscription_status": text(subscription, "status"), "cancellation_reason": reason}
    return say.say("account.updated", told[0], told[1], account, attributes=attributes_of(attributes))


def _a_year(items: list[dict[str, Any]]) -> int | None:
    """What the items cost in a year, in minor units; None where one of them does not say."""
    total = 0
    for item in items:
        price = table(item, "price")
        amount, times = number(price, "unit_amount"), _TIMES_A_YEAR.get(text(price, "recurring", "interval"))
        every = number(price, "recurring", "interval_count") or 1
        if amount is None or times is None or every < 1:
            return None
        total += amount * (number(item, "quantity") or 0) * times // every
    return _bounded(total) if items else None


def _bounded(total: int) -> int | None:
    return total if 0 <= total <= LARGEST_INTEGER else None


def _currency(code: str) -> str | None:
    return code.upper() if len(code) == 3 and code.isascii() and code.isalpha() else None


STRIPE = Connector(
    name="stripe",
    title="Stripe",
    schemes=(Scheme("stripe", "HMAC-SHA256 of timestamp and body, hex, at most 5 minutes old", stripe),),
    keyed_by="tool",
    dedupes="event `id`",
    event_time="`created` (seconds)",
    ordering="`created`",
    handshake="none",
    limit_seconds=10.0,
    steps=(
        "Developers → Webhooks → Add endpoint. Endpoint URL: {url}",
        "Events: invoice.paid, invoice.payment_failed, customer.subscription.*, customer.updated and customer.deleted.",
        "Reveal the signing secret (whsec_…): `millrace connect rotate {id} --secret -` takes it from standard input.",
        "Put your account id into `metadata.account_id` of subscriptions, or name the property with --account-field.",
        "Where customers have several subscriptions, say that the end of one is no leaving: --status canceled=open",
    ),
    events=events,
)
