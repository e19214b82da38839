"""How good a ticket's conversation is: as it was at its end, or as it is by now."""

from __future__ import annotations

from infra.service import Service
from infra.view_rows import explained, rows_of
from processors.conversation import Waiting, conversation_terms, score_of
from processors.quality import QUALITY
from processors.tickets import TICKETS, Entry
from schemas.explanation import Explanation
from schemas.values import OVER
from streams.batch import CellId

_TICKET = "SELECT status, position FROM tickets WHERE tenant = {tenant:String} AND ticket = {id:String}"
_ENDED = "SELECT * FROM quality WHERE tenant = {tenant:String} AND ticket = {id:String} AND score IS NOT NULL"
_WORDS = ("ticket.opened", "ticket.message_added", "expert.replied")


def conversation_why(service: Service, tenant: str, ticket: str) -> list[Explanation]:
    """The score and what made it; empty where nothing is known, or where the log keeps what is folded elsewhere."""
    ids = {"tenant": tenant, "id": ticket}
    ended = rows_of(service, _ENDED, ids)
    if ended:
        (row,) = ended
        basis = f"points at its end, {row['checked_at']}"
        return [explained(row, ticket, "conversation", float(row["score"]), "points", basis, terms="score_terms")]
    known = rows_of(service, _TICKET, ids)
    if not known or known[0]["status"] in OVER:
        return []
    course = service.records.cell(tenant, CellId(QUALITY.name, ticket))
    story = service.records.cell(tenant, CellId(TICKETS.name, ticket))
    if course is None or story is None:
        return []
    now, _ = service.records.now(tenant, service.clock())
    terms = conversation_terms(QUALITY.decode(course), waiting_in(TICKETS.decode(story).entries, now))
    position = int(known[0]["position"])
    return [Explanation(ticket, "conversation", position, float(score_of(terms)), "points", "points by now", terms)]


def waiting_in(entries: list[Entry], now: int) -> Waiting | None:
    """How long the customer waits: from the first message since the latest public answer; None for nobody."""
    first: Entry | None = None
    for entry in entries:
        values = dict(entry.values)
        if entry.type not in _WORDS or values.get("public") is False:
            continue
        author = "customer" if entry.type == "ticket.opened" else values.get("author")
        if author == "expert":
            first = None
        elif author == "customer":
            first = first or entry
    return None if first is None else Waiting(max(0, now - first.at), first.event_id)
