"""Zammad as documented: tickets searched by their last change, articles of a ticket, organisations."""

from __future__ import annotations

import re
from typing import Any

from tests.pulling.acted import Case
from tests.pulling.tool import Asked, Told

_PEOPLE = {8: "tomas.rey@brightfern.example", 5: "ines@larkspur.example"}
_ORGANIZATION = {"id": 3, "name": "Brightfern Clinic", "account_id": "acct_2042"}


def ticket(id_: int, opened_at: str, changed_at: str, **more: Any) -> dict[str, Any]:
    """As `expand` shows it: names beside the numbers."""
    return {
        "id": id_,
        "number": f"20{id_}",
        "title": f"Cannot open referral {id_}",
        "state_id": 2,
        "state": "open",
        "priority_id": 2,
        "priority": "2 normal",
        "group_id": 3,
        "group": "Service Desk",
        "customer_id": 8,
        "customer": _PEOPLE[8],
        "owner_id": 5,
        "owner": _PEOPLE[5],
        "organization_id": 3,
        "organization": "Brightfern Clinic",
        "create_article_type": "email",
        "article_count": 1,
        "created_at": opened_at,
        "updated_at": changed_at,
    } | more


def article(id_: int, of: int, at: str, sender: str, *, internal: bool = False) -> dict[str, Any]:
    by = 8 if sender == "Customer" else 5
    return {
        "id": id_,
        "ticket_id": of,
        "type": "email",
        "sender": sender,
        "body": "The PDF stays blank.",
        "content_type": "text/plain",
        "internal": internal,
        "created_at": at,
        "created_by_id": by,
        "created_by": _PEOPLE[by],
    }


TICKETS = [
    ticket(1, "2026-03-01T08:00:00.100Z", "2026-03-01T09:00:00.015Z", state="closed", state_id=4),
    ticket(2, "2026-03-01T10:00:00.100Z", "2026-03-01T10:00:00.200Z", owner_id=1, owner="-"),
]
ARTICLES = {
    1: [
        article(11, 1, "2026-03-01T08:00:00.110Z", "Customer"),
        article(12, 1, "2026-03-01T08:30:00.000Z", "Agent"),
        article(13, 1, "2026-03-01T09:00:00.000Z", "Agent", internal=True),
    ],
    2: [article(21, 2, "2026-03-01T10:00:00.110Z", "Customer")],
}


class Zammad:
    def __init__(self, crowd: int = 0) -> None:
        at = [f"2026-03-01T12:{min(place, 30):02}:00.000Z" for place in range(crowd)]
        self.tickets = TICKETS + [ticket(100 + place, at[place], at[place]) for place in range(crowd)]

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != "Token token=a-token-of-this-test":
            return Told({"error": "Authentication required"}, 403)
        if asked.path == "/api/v1/tickets/search":
            assert (asked.query["sort_by"], asked.query["order_by"]) == ("updated_at", "asc")
            said = re.fullmatch(r"updated_at:\[(.+) TO \*\]", asked.query["query"])
            assert said is not None
            found = [row for row in self.tickets if row["updated_at"] >= said[1]]
            found.sort(key=lambda row: (row["updated_at"], row["id"]))
            page, at_once = int(asked.query["page"]), int(asked.query["per_page"])
            return Told(found[(page - 1) * at_once : page * at_once])
        what, id_ = asked.path.split("/")[-2], int(asked.path.split("/")[-1])
        if what == "organizations":
            return Told(_ORGANIZATION)
        return Told(ARTICLES.get(id_, []))

    def move(self) -> None:
        self.tickets = [*self.tickets[1:], TICKETS[0] | {"updated_at": "2026-03-02T18:00:00.000Z"}]
        self.tickets.append(ticket(9_000, "2026-03-02T18:01:00.000Z", "2026-03-02T18:01:00.000Z"))


def pushed(row: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """As a trigger's preset payload tells it: objects where the API tells names."""
    told = row | {
        "article_ids": [one["id"] for one in ARTICLES[row["id"]]],
        "priority": {"id": row["priority_id"], "name": row["priority"]},
        "group": {"id": 3, "name": row["group"]},
        "customer": {"id": 8, "email": _PEOPLE[8]},
        "owner": {"id": row["owner_id"]},
        "organization": _ORGANIZATION,
    }
    return {"ticket": told, "article": said | {"created_by": {"id": said["created_by_id"]}}}


_OPEN = TICKETS[0] | {"state": "open", "state_id": 2}
CASE = Case(
    source="zammad",
    play=Zammad,
    listed="/api/v1/tickets/search",
    detailed="/api/v1/ticket_articles/by_ticket/1",
    live=[
        pushed(_OPEN | {"updated_at": "2026-03-01T08:00:00.200Z"}, ARTICLES[1][0]),
        pushed(_OPEN | {"updated_at": "2026-03-01T08:30:00.100Z"}, ARTICLES[1][1]),
        pushed(TICKETS[0], ARTICLES[1][2]),
        pushed(TICKETS[1], ARTICLES[2][0]),
    ],
    ids=["opened:1", "article:12", "article:13", "opened:2"],
    moved=[],
    compared=(
        "account",
        "status",
        "priority",
        "requester",
        "title",
        "group",
        "assignee",
        "channel",
        "opened_at",
        "first_replied_at",
        "solved_at",
        "expert_messages",
        "customer_messages",
    ),
    crowd=150,
    # Without an article nothing was opened yet: there are pictures only.
    crowded=lambda _: [],
)
