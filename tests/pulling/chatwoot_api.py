"""Chatwoot as its code answers: 25 conversations a page, the latest activity first; 20 messages before an id."""

from __future__ import annotations

from typing import Any

from tests.pulling.acted import Case, seconds_of
from tests.pulling.tool import Asked, Told

_SENDER = {
    "id": 311,
    "name": "Tomás Rey",
    "email": "tomas.rey@brightfern.example",
    "identifier": "usr_9001",
    "custom_attributes": {"account_id": "acct_2042"},
    "type": "contact",
}
_AGENT = {"id": 5, "name": "Ines", "type": "user"}
_CHANNEL = "Channel::WebWidget"


def conversation(id_: int, opened_at: str, active_at: str, **more: Any) -> dict[str, Any]:
    active = seconds_of(active_at)
    return {
        "id": id_,
        "status": "open",
        "priority": None,
        "labels": ["ui"],
        "meta": {"sender": _SENDER, "channel": _CHANNEL, "assignee": _AGENT, "team": {"name": "Desk"}},
        "custom_attributes": {},
        "created_at": seconds_of(opened_at),
        "updated_at": active + 0.5,
        "last_activity_at": active,
        "timestamp": active,
    } | more


def message(id_: int, at: str, kind: int, **more: Any) -> dict[str, Any]:
    sender = _SENDER if kind == 0 else _AGENT
    told = {"id": id_, "content": f"Words {id_}", "message_type": kind, "created_at": seconds_of(at), "private": False}
    return told | {"content_type": "text", "content_attributes": {}, "sender": sender} | more


RATED = {"submitted_values": {"csat_survey_response": {"rating": 4, "feedback_message": "quick"}}}
CONVERSATIONS = [
    conversation(1, "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", status="resolved"),
    conversation(2, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
]
MESSAGES = {
    1: [
        message(11, "2026-03-01T08:00:01Z", 0),
        message(12, "2026-03-01T08:10:00Z", 1),
        message(13, "2026-03-01T08:11:00Z", 1, private=True),
        message(14, "2026-03-01T08:58:00Z", 2, content="Conversation was marked resolved"),
        message(15, "2026-03-01T08:59:00Z", 3, content_type="input_csat", content_attributes=RATED, sender=None),
        *(message(20 + place, f"2026-03-01T08:20:{place:02}Z", 0) for place in range(22)),
    ],
    2: [message(50, "2026-03-01T10:00:01Z", 0)],
}


class Chatwoot:
    def __init__(self, crowd: int = 0) -> None:
        at = [f"2026-03-01T{12 + place // 60}:{place % 60:02}:00Z" for place in range(crowd)]
        self.conversations = CONVERSATIONS + [conversation(100 + place, at[place], at[place]) for place in range(crowd)]

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("api_access_token") != "a-token-of-this-test":
            return Told({"errors": ["Invalid Access Token"]}, 401)
        if asked.path == "/conversations":
            shown = sorted(self.conversations, key=lambda row: -row["last_activity_at"])
            first = (int(asked.query["page"]) - 1) * 25
            meta = {"all_count": len(shown)}
            return Told({"data": {"meta": meta, "payload": shown[first : first + 25]}})
        found = sorted(MESSAGES.get(int(asked.path.split("/")[2]), []), key=lambda row: row["id"])
        before = int(asked.query.get("before", "1000000"))
        return Told({"meta": {}, "payload": [row for row in found if row["id"] < before][-20:]})

    def move(self) -> None:
        first, *others = self.conversations
        now = seconds_of("2026-03-02T18:00:00Z")
        moved = first | {"last_activity_at": now, "timestamp": now, "updated_at": now + 0.5}
        self.conversations = [*others, moved, conversation(9_000, "2026-03-02T18:01:00Z", "2026-03-02T18:01:00Z")]


def pushed(event: str, convo: dict[str, Any], **more: Any) -> dict[str, Any]:
    first = MESSAGES[convo["id"]][0]
    return convo | {"channel": _CHANNEL, "messages": [first], "event": event} | more


def wrote(convo: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    kind = ("incoming", "outgoing", "activity", "template")[said["message_type"]]
    event = "message_updated" if said["content_type"] == "input_csat" else "message_created"
    at = f"2026-03-{said['created_at']}"
    told = {"event": event, "message_type": kind, "conversation": pushed(event, convo), "created_at": at}
    told["created_at"] = _iso(said["created_at"])
    return said | told


def _iso(seconds: int) -> str:
    """With the fraction that the API leaves out."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds + 0.31, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_OPEN = CONVERSATIONS[0] | {"status": "open", "updated_at": seconds_of("2026-03-01T08:00:00Z") + 0.1}
_STATUS = [{"status": {"previous_value": "open", "current_value": "resolved"}}]
CASE = Case(
    source="chatwoot",
    play=Chatwoot,
    listed="/conversations",
    detailed="/conversations/1/messages",
    live=[
        pushed("conversation_created", _OPEN),
        *(wrote(_OPEN, said) for said in MESSAGES[1] if said["message_type"] in (0, 1)),
        pushed("conversation_status_changed", CONVERSATIONS[0], changed_attributes=_STATUS),
        wrote(CONVERSATIONS[0], MESSAGES[1][4]),
        pushed("conversation_created", CONVERSATIONS[1]),
        wrote(CONVERSATIONS[1], MESSAGES[2][0]),
    ],
    ids=[
        "opened:1",
        "opened:2",
        "message:15",
        "message:50",
        *(f"message:{said['id']}" for said in MESSAGES[1] if said["message_type"] in (0, 1)),
    ],
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
        "tags",
        "opened_at",
        "first_replied_at",
        "solved_at",
        "expert_messages",
        "customer_messages",
        "csat_percent",
    ),
    crowd=60,
    crowded=lambda crowd: [f"opened:{100 + place}" for place in range(crowd)],
)
