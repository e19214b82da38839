"""Stripe's events as they were pushed, newest first. Stripe keeps them for 30 days.

https://docs.stripe.com/api/events/list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from schemas.instant import SECOND
from streams.connectors import stripe
from streams.connectors.contract import Made
from streams.connectors.pulling import Ask, Details, NotUnderstood, Page, Puller, bearer, listed
from streams.connectors.reading import at, word
from streams.connectors.saying import Saying

_AT_ONCE = "100"
# Stripe takes no more than 20 kinds; what the connector makes something of, and no other.
KINDS = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
)


def _headers(_: str, token: str) -> Mapping[str, str]:
    return bearer(token)


def _begin(since: int | None) -> str:
    return f"{0 if since is None else since // SECOND}|"


def _ask(cursor: str) -> Ask:
    since, _, after = cursor.partition("|")
    query = [("limit", _AT_ONCE), *(("types[]", kind) for kind in KINDS)]
    if since != "0":
        query.append(("created[gte]", since))
    if after:
        query.append(("starting_after", after))
    return Ask("/v1/events", tuple(query))


def _page(cursor: str, body: Any) -> Page:
    found = listed(body, "data")
    if at(body, "has_more") is not True:
        return Page(found, "", True)
    last = word(found[-1], "id") if found else ""
    if not last:
        raise NotUnderstood("the answer has more, and no last event with an id")
    return Page(found, f"{cursor.partition('|')[0]}|{last}", False)


def _events(say: Saying, row: dict[str, Any], _: Details) -> Sequence[Made]:
    return stripe.events(replace(say.request, body=orjson.dumps(row)))


PULL = Puller(
    source="stripe",
    address="https://api.stripe.com",
    brings="a restricted key (rk_live_…) that may read events, customers, invoices and subscriptions",
    headers=_headers,
    begin=_begin,
    ask=_ask,
    page=_page,
    events=_events,
    gone=frozenset((400, 404)),
    pages_a_minute=600,
)
