"""Standard Webhooks from any sender: our own types as they are, others kept unmapped."""

from __future__ import annotations

from collections.abc import Sequence

from streams.connectors import moments
from streams.connectors.cloudevents import is_taken
from streams.connectors.contract import Connector, Made
from streams.connectors.reading import at, parsed, table, text, word
from streams.connectors.request import Request
from streams.connectors.saying import Saying, event_id
from streams.connectors.signatures import Scheme, standard_webhooks


def events(request: Request) -> Sequence[Made]:
    """The one event of the request. The account stands beside the data, or in it."""
    say, body = Saying("standard", request), parsed(request.body)
    kind, id_ = text(body, "type"), request.header("webhook-id")
    told_at = moments.iso(at(body, "timestamp"))
    data = dict(table(body, "data"))
    if not is_taken(kind) or not id_:
        return (say.unmapped(kind or "unknown", id_=id_, at=told_at, account=say.account(ours=word(body, "account"))),)
    account = say.account(ours=word(body, "account") or word(data, "account"))
    data.pop("account", None)
    occurred_at = request.received_at if told_at is None else told_at
    return (Made(kind, event_id(id_), say.label, occurred_at, account, data, timed=told_at is not None),)


STANDARD = Connector(
    name="standard",
    title="Standard Webhooks (any sender)",
    schemes=(
        Scheme("standard", "HMAC-SHA256 of id, timestamp and body, base64, at most 5 minutes old", standard_webhooks),
    ),
    keyed_by="us",
    dedupes="`webhook-id`",
    event_time="`timestamp` in the body",
    ordering="`timestamp`",
    handshake="none",
    limit_seconds=15.0,
    steps=(
        "Send Standard Webhooks to {url}, signed with {secret}",
        'Body: {"type": "ticket.opened", "timestamp": "…", "account": "…", "data": {…}}',
        "`millrace schemas export` writes the schema of every type; other types are kept and not understood.",
    ),
    events=events,
)
