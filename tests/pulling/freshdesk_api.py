"""Freshdesk as documented: tickets by their last change in pages that are counted, and what was written on each."""

from __future__ import annotations

from typing import Any

from tests.pulling.acted import Case
from tests.pulling.tool import Asked, Told

_MAIL = "tomas.rey@brightfern.example"


def ticket(id_: int, opened_at: str, changed_at: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "subject": f"VPN {id_} drops",
        "description": "<div>It drops every hour.</div>",
        "description_text": "It drops every hour.",
        "status": 2,
        "priority": 3,
        "source": 1,
        "requester_id": 43000999001,
        "requester": {"id": 43000999001, "name": "Tomás Rey", "email": _MAIL},
        "responder_id": 43000888002,
        "group_id": 43000111,
        "company_id": None,
        "custom_fields": {},
        "tags": ["vpn"],
        "created_at": opened_at,
        "updated_at": changed_at,
    } | more


def said(id_: int, at: str, *, incoming: bool, private: bool = False) -> dict[str, Any]:
    user = 43000999001 if incoming else 43000888002
    words = {"body": "<p>Try again.</p>", "body_text": "Try again."}
    return {"id": id_, "user_id": user, "incoming": incoming, "private": private, "created_at": at, **words}


TICKETS = [
    ticket(1, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", status=4),
    ticket(2, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
]
CONVERSATIONS = {
    1: [
        said(11, "2026-03-01T08:10:00Z", incoming=False),
        said(12, "2026-03-01T08:20:00Z", incoming=True),
        said(13, "2026-03-01T08:30:00Z", incoming=False, private=True),
    ]
}


class Freshdesk:
    def __init__(self, crowd: int = 0) -> None:
        # Half of the crowd was changed by one bulk action: a single instant fills more than a page.
        at = [f"2026-03-01T12:{min(place, 30):02}:00Z" for place in range(crowd)]
        self.tickets = TICKETS + [ticket(100 + place, at[place], at[place]) for place in range(crowd)]
        self.conversations = CONVERSATIONS

    def __call__(self, asked: Asked) -> Told:
        # Basic of the key and any password.
        if asked.headers.get("authorization") != "Basic YS10b2tlbi1vZi10aGlzLXRlc3Q6WA==":
            return Told({"code": "invalid_credentials"}, 401)
        page, at_once = int(asked.query["page"]), int(asked.query["per_page"])
        assert page <= 300
        assert at_once <= 100
        rows: list[dict[str, Any]] = (
            self.conversations.get(int(asked.path.split("/")[4]), [])
            if (asked.path.endswith("/conversations"))
            else self._changed(asked.query["updated_since"])
        )
        return Told(rows[(page - 1) * at_once : page * at_once])

    def _changed(self, since: str) -> list[dict[str, Any]]:
        # The harder reading of what is not documented: the instant itself is left out.
        changed = [row for row in self.tickets if row["updated_at"] > since]
        return sorted(changed, key=lambda row: (row["updated_at"], row["id"]))

    def move(self) -> None:
        self.tickets = [*self.tickets[1:], TICKETS[0] | {"updated_at": "2026-03-02T18:00:00Z"}]
        self.tickets.append(ticket(9_000, "2026-03-02T18:01:00Z", "2026-03-02T18:01:00Z"))


def rule(trigger: str, id_: int, status: str) -> dict[str, Any]:
    return {
        "freshdesk_webhook": {
            "triggered_event": trigger,
            "ticket_id": str(id_),
            "ticket_subject": f"VPN {id_} drops",
            "ticket_description": "<div>It drops every hour.</div>",
            "ticket_status": status,
            "ticket_priority": "High",
            "requester_email": _MAIL,
        }
    }


CASE = Case(
    source="freshdesk",
    play=Freshdesk,
    listed="/api/v2/tickets",
    detailed="/api/v2/tickets/1/conversations",
    live=[
        rule("{ticket_action:created}", 1, "Open"),
        rule("{status:{from:2,to:4}}", 1, "Resolved"),
        rule("{ticket_action:created}", 2, "Open"),
    ],
    ids=["opened:1:pulled", "conversation:11", "conversation:12", "conversation:13", "opened:2:pulled"],
    moved=["opened:9000:pulled"],
    # A rule names nobody who works on a ticket, and nothing that is written on it.
    compared=("account", "status", "priority", "requester", "title"),
    crowd=150,
    crowded=lambda crowd: [f"opened:{100 + place}:pulled" for place in range(crowd)],
)
