"""Events of the demo as CloudEvents in JSON: what each move of a ticket says, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import orjson

from infra.demo.ticket_plan import Move, Ticket
from infra.demo.words import Opening, csat_words, follow_up_words, opening_words, reply_words

_LEGACY_PRIORITY: Final = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
_LEGACY_SCHEMA: Final = "urn:millrace:ticket.opened:1"
_TAGS: Final = ("vip", "follow-up", "bug", "how-to", "contract")
_PLATFORMS: Final = ("web", "ios", "android", "api")

_WORDED: Final = ("opened", "acknowledged", "internal", "noted", "replied", "wrote", "rated", "tagged")

Data = dict[str, Any]


def record(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> bytes:
    """One CloudEvent in structured mode; attributes that are None are left out."""
    said = {name: value for name, value in envelope.items() if value is not None}
    return orjson.dumps({"specversion": "1.0", **said, "data": data})


def ticket_record(ticket: Ticket, number: int, time: str, draw: Random) -> bytes:
    """The event of the ticket's move of this number; its words are drawn here."""
    move = ticket.moves[number]
    name, data = _worded(ticket, move, draw) if move.kind in _WORDED else _done(ticket, move)
    envelope = {
        "id": f"{ticket.id}-{number}",
        "source": "helpdesk-2" if ticket.legacy else "helpdesk",
        "type": name,
        "time": time,
        "dataschema": _LEGACY_SCHEMA if ticket.legacy and move.kind == "opened" else None,
        "subject": ticket.id,
        "account": ticket.account.id,
    }
    return record(envelope, {"ticket": ticket.id, **data})


def _worded(ticket: Ticket, move: Move, draw: Random) -> tuple[str, Data]:
    """(type, data) of a move that somebody puts into words."""
    if move.kind == "opened":
        return "ticket.opened", _opened(ticket, move, draw)
    if move.kind == "wrote":
        text = follow_up_words(move.value, ticket.spoken, ticket.language, move.personal, draw)
        return "ticket.message_added", {"author": "customer", "person": ticket.person, "text": text}
    if move.kind == "rated":
        score = int(move.value)
        data = {"score": score, "scale": 5, "person": ticket.person}
        comment = csat_words(score * 20, ticket.language, draw)
        return "ticket.csat_answered", {**data, "comment": comment} if comment else data
    if move.kind == "tagged":
        return "ticket.tagged", {"added": [draw.choice(_TAGS)]}
    text = reply_words(move.value, ticket.topic, ticket.language, ticket.person, draw)
    if move.kind == "acknowledged":
        return "ticket.message_added", {"author": "bot", "text": text}
    data = {"expert": ticket.expert, "requester": ticket.person, "text": text}
    if move.kind == "noted":
        return "expert.noted", data
    return "expert.replied", {**data, "public": False} if move.kind == "internal" else data


def _opened(ticket: Ticket, move: Move, draw: Random) -> Data:
    opening = Opening(
        ticket.spoken,
        ticket.aside,
        ticket.clarity,
        ticket.language,
        ticket.priority,
        ticket.channel,
        move.personal,
        ticket.person,
    )
    title, text = opening_words(opening, draw)
    data: Data = {"title": title, "requester": ticket.person}
    if ticket.legacy:
        return {**data, "body": text, "via": ticket.channel, "priority": _LEGACY_PRIORITY[ticket.priority]}
    data |= {"text": text, "channel": ticket.channel, "priority": ticket.priority}
    if draw.random() < 0.3:
        data["attributes"] = {"platform": draw.choice(_PLATFORMS)}
    return data


def _done(ticket: Ticket, move: Move) -> tuple[str, Data]:
    """(type, data) of a move that takes no words."""
    expert, named = ticket.expert, {"category": move.value} if move.value else {}
    done: dict[str, tuple[str, Data]] = {
        "assigned": ("ticket.assigned", {"group": ticket.group, "assignee": expert}),
        "status": ("ticket.status_changed", {"status": move.value, "by": expert}),
        "priority": ("ticket.priority_changed", {"priority": move.value, "by": expert}),
        "corrected": ("expert.corrected", {"expert": expert, "field": "category", "value": ticket.topic}),
        "resolved": ("ticket.resolved", {"by": expert, **named}),
        "reopened": ("ticket.reopened", {"by": ticket.person}),
        "merged": ("ticket.merged", {"into": move.value}),
        "closed": ("ticket.closed", dict(named)),
    }
    return done[move.kind]
