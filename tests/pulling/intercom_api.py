"""Intercom as documented: conversations and tickets searched by their last change, read on by `starting_after`."""

from __future__ import annotations

import base64
from typing import Any

from tests.pulling.acted import Case, seconds_of
from tests.pulling.tool import Asked, Told

_AT_ONCE = 2
_CONTACTS = {"contacts": [{"type": "contact", "id": "69a4c0de", "external_id": "usr_4411"}]}
_MINA = {"id": "69a4c0de", "type": "user"}
_INES = {"id": "9700011", "type": "admin"}


def part(id_: int, at: str, kind: str, author: dict[str, str], **more: Any) -> dict[str, Any]:
    body = "<p>Any news?</p>" if kind in ("comment", "note") else None
    return {"id": str(id_), "part_type": kind, "body": body, "created_at": seconds_of(at), "author": author} | more


def conversation(id_: int, opened_at: str, changed_at: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "conversation",
        "id": str(id_),
        "created_at": seconds_of(opened_at),
        "updated_at": seconds_of(changed_at),
        "source": {"type": "conversation", "subject": "", "body": "<p>Exports time out</p>", "author": _MINA},
        "contacts": _CONTACTS,
        "admin_assignee_id": 9700011,
        "team_assignee_id": None,
        "state": "open",
        "priority": "not_priority",
        "conversation_rating": None,
        "custom_attributes": {"account_id": "acct_1007"},
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
    } | more


def ticket(id_: int, opened_at: str, changed_at: str, state: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "ticket",
        "id": str(id_),
        "ticket_id": "7",
        "created_at": seconds_of(opened_at),
        "updated_at": seconds_of(changed_at),
        "ticket_attributes": {"_default_title_": "Export", "_default_description_": "Never ends", "account_id": "a1"},
        "ticket_state": {"category": state, "internal_label": state},
        "contacts": _CONTACTS,
        "admin_assignee_id": "9700011",
        "team_assignee_id": "0",
        "ticket_parts": {"ticket_parts": list(parts), "total_count": len(parts)},
    }


_WORD = part(11, "2026-03-01T08:10:00+00:00", "comment", _INES)
_NOTE = part(12, "2026-03-01T08:20:00+00:00", "note", _INES)
_REPLY = part(13, "2026-03-01T08:30:00+00:00", "comment", _MINA)
_CLOSE = part(14, "2026-03-01T09:00:00+00:00", "close", _INES)
_RATING = {"rating": 4, "remark": "quick", "created_at": seconds_of("2026-03-01T09:10:00+00:00"), "contact": _MINA}
_MOVE = {"ticket_state": "waiting_on_customer", "previous_ticket_state": "submitted"}
_STATE = part(31, "2026-03-01T11:30:00+00:00", "ticket_state_updated_by_admin", _INES, **_MOVE)
CONVERSATIONS = [
    conversation(
        1,
        "2026-03-01T08:00:00+00:00",
        "2026-03-01T09:10:00+00:00",
        *(_WORD, _NOTE, _REPLY, _CLOSE),
        state="closed",
        conversation_rating=_RATING,
    ),
    conversation(2, "2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00+00:00"),
]
TICKETS = [ticket(3, "2026-03-01T11:00:00+00:00", "2026-03-01T11:30:00+00:00", "waiting_on_customer", _STATE)]


class Intercom:
    def __init__(self, crowd: int = 0) -> None:
        at = [f"2026-03-01T12:{place:02}:00+00:00" for place in range(crowd)]
        more = [conversation(100 + place, at[place], at[place]) for place in range(crowd)]
        self.held = {"conversations": CONVERSATIONS + more, "tickets": list(TICKETS)}

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != "Bearer a-token-of-this-test":
            return Told({"type": "error.list", "errors": [{"code": "unauthorized"}]}, 401)
        _, kind, what = asked.path.split("/")
        if what != "search":
            (row,) = (row for row in self.held[kind] if row["id"] == what)
            return Told(row)
        return self._search(kind, asked.body)

    def _search(self, kind: str, body: dict[str, Any]) -> Told:
        query, pagination = body["query"], body["pagination"]
        assert (query["field"], query["operator"]) == ("updated_at", ">")
        assert pagination["per_page"] <= 150
        # The cursor holds what the last row was sorted by.
        after = base64.b64decode(pagination.get("starting_after", base64.b64encode(b"0 0"))).split()
        begun = (int(after[0]), int(after[1]))
        found = [row for row in self.held[kind] if row["updated_at"] > query["value"]]
        found.sort(key=lambda row: (row["updated_at"], int(row["id"])))
        left = [row for row in found if (row["updated_at"], int(row["id"])) > begun]
        # Lists show the newest parts only, so what is read of one row is asked for.
        shown = [row | {"conversation_parts": None, "ticket_parts": None} for row in left[:_AT_ONCE]]
        pages: dict[str, Any] = {"type": "pages", "next": None}
        if len(left) > _AT_ONCE:
            said = f"{shown[-1]['updated_at']} {shown[-1]['id']}".encode()
            pages["next"] = {"per_page": _AT_ONCE, "starting_after": base64.b64encode(said).decode()}
        return Told({"type": "list", kind: shown, "total_count": len(found), "pages": pages})

    def move(self) -> None:
        first, *others = self.held["conversations"]
        now = "2026-03-02T18:01:00+00:00"
        self.held["conversations"] = [*others, first | {"updated_at": seconds_of(now)}, conversation(9_000, now, now)]


def pushed(topic: str, item: dict[str, Any], at: str, *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"conversation_parts": {"conversation_parts": list(parts)}} if topic.startswith("conversation") else {}
    return {
        "type": "notification_event",
        "id": f"notif_{topic}_{item['id']}",
        "topic": topic,
        "created_at": seconds_of(at) + 1,
        "data": {"item": item | told | more},
    }


_ONE, _TWO = CONVERSATIONS
_OPEN = {"state": "open", "conversation_rating": None}
_ASSIGNED = "2026-03-01T08:05:00+00:00"
CASE = Case(
    source="intercom",
    play=Intercom,
    listed="/conversations/search",
    detailed="/conversations/1",
    live=[
        pushed("conversation.user.created", _ONE, "2026-03-01T08:00:00+00:00", **_OPEN),
        pushed("conversation.admin.assigned", _ONE, _ASSIGNED, **_OPEN),
        pushed("conversation.admin.replied", _ONE, "2026-03-01T08:10:00+00:00", _WORD, **_OPEN),
        pushed("conversation.admin.noted", _ONE, "2026-03-01T08:20:00+00:00", _NOTE, **_OPEN),
        pushed("conversation.user.replied", _ONE, "2026-03-01T08:30:00+00:00", _REPLY, **_OPEN),
        pushed("conversation.admin.closed", _ONE, "2026-03-01T09:00:00+00:00", _CLOSE, conversation_rating=None),
        pushed("conversation.rating.added", _ONE, "2026-03-01T09:10:00+00:00"),
        pushed("conversation.user.created", _TWO, "2026-03-01T10:00:00+00:00"),
        pushed("conversation.admin.opened", _TWO, "2026-03-01T10:00:00+00:00"),
        pushed("conversation.admin.assigned", _TWO, "2026-03-01T10:00:00+00:00"),
        pushed("ticket.created", TICKETS[0], "2026-03-01T11:00:00+00:00"),
        pushed("ticket.admin.assigned", TICKETS[0], "2026-03-01T11:00:00+00:00"),
        pushed("ticket.state.updated", TICKETS[0], "2026-03-01T11:30:00+00:00"),
    ],
    ids=["opened:1", "part:11", "part:12", "part:13", "state:14", "opened:2", "opened:3", "state:31"],
    moved=["opened:9000"],
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
        "csat_percent",
    ),
    crowd=6,
    crowded=lambda crowd: [f"opened:{100 + place}" for place in range(crowd)],
    gone=Told({"type": "error.list", "errors": [{"code": "invalid_cursor"}]}, 400),
)
