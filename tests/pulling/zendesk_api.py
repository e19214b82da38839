"""Zendesk's API as documented: the incremental ticket export by cursor, and each ticket's audits."""

from __future__ import annotations

from typing import Any

from tests.pulling.tool import Asked, Told

MINA, INES, ORGANISATION = 7304000000501, 7304000000021, 7304000000401
USERS = [{"id": MINA, "role": "end-user", "name": "Mina"}, {"id": INES, "role": "agent", "name": "Ines"}]
EXPORT = "/api/v2/incremental/tickets/cursor.json"


def ticket(id_: int, opened_at: str, updated_at: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "created_at": opened_at,
        "updated_at": updated_at,
        "subject": f"Printer {id_} is offline",
        "description": f"Labels of dock {id_} stopped printing.",
        "via": {"channel": "email"},
        "status": "open",
        "priority": "high",
        "requester_id": MINA,
        "assignee_id": INES,
        "organization_id": ORGANISATION,
        "group_id": 7304000000301,
        "tags": ["printer"],
        "satisfaction_rating": {"score": "unoffered"},
    } | more


def audit(id_: int, at: str, author: int, *events: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "created_at": at, "author_id": author, "events": list(events)}


def comment(id_: int, author: int, text: str, *, public: bool = True) -> dict[str, Any]:
    return {"id": id_, "type": "Comment", "author_id": author, "public": public, "plain_body": text, "body": text}


def change(id_: int, field: str, before: str | None, after: str) -> dict[str, Any]:
    return {"id": id_, "type": "Change", "field_name": field, "previous_value": before, "value": after}


class Zendesk:
    """Pages of tickets by `updated_at`, `size` a page. A cursor is a place in them; `forgotten` ones are refused."""

    def __init__(
        self, tickets: list[dict[str, Any]], audits: dict[int, list[dict[str, Any]]] | None = None, size: int = 2
    ) -> None:
        self.tickets = tickets
        self.audits = audits or {}
        self.size = size
        self.forgotten: set[str] = set()
        self.repeated: set[str] = set()

    def __call__(self, asked: Asked) -> Told:
        if not asked.headers.get("authorization", "").startswith("Basic "):
            return Told({"error": "Couldn't authenticate you"}, 401)
        if asked.path == EXPORT:
            return self._page(asked)
        id_ = int(asked.path.split("/")[4])
        audits, place = self.audits.get(id_, []), int(asked.query.get("page[after]", "0"))
        shown = audits[place : place + 1]
        more = place + 1 < len(audits)
        return Told({"audits": shown, "users": USERS, "meta": {"has_more": more, "after_cursor": str(place + 1)}})

    def _page(self, asked: Asked) -> Told:
        said = asked.query.get("cursor", "c-0")
        if said in self.forgotten:
            return Told({"error": "InvalidValue", "description": "the cursor is invalid"}, 422)
        # The page before may come once more: it says its rows and this very cursor again.
        repeats = said in self.repeated
        self.repeated.discard(said)
        place = int(said.removeprefix("c-")) - (self.size if repeats else 0)
        end = min(place + self.size, len(self.tickets))
        whole = end >= len(self.tickets)
        return Told({"tickets": self.tickets[place:end], "after_cursor": f"c-{end}", "end_of_stream": whole})
