"""HubSpot as documented: tickets searched by their last change, 10,000 a search at most; property histories."""

from __future__ import annotations

from typing import Any

from tests.pulling.acted import Case, seconds_of
from tests.pulling.tool import Asked, Told


def ticket(id_: int, opened_at: str, changed_at: str) -> dict[str, Any]:
    shown = {
        "createdate": opened_at,
        "hs_lastmodifieddate": changed_at,
        "subject": f"Export {id_} times out",
        "content": "More than 30 days never ends.",
        "source_type": "EMAIL",
    }
    return {"id": str(id_), "properties": shown, "createdAt": opened_at, "updatedAt": changed_at, "archived": False}


TICKETS = [
    ticket(1, "2026-03-01T08:00:00.000Z", "2026-03-01T09:00:00.123Z"),
    ticket(2, "2026-03-01T10:00:00.000Z", "2026-03-01T10:00:00.000Z"),
]
HISTORY = {
    "1": {
        "hs_pipeline_stage": [("4", "2026-03-01T09:00:00.123Z"), ("1", "2026-03-01T08:00:00.000Z")],
        "hs_ticket_priority": [("HIGH", "2026-03-01T08:05:00.000Z")],
        "hubspot_owner_id": [("77", "2026-03-01T08:10:00.000Z")],
    },
    "2": {"hs_pipeline_stage": [("1", "2026-03-01T10:00:00.000Z")]},
}


def milliseconds_of(text: str) -> int:
    return seconds_of(text) * 1_000 + int(text[20:23])


class HubSpot:
    def __init__(self, crowd: int = 0) -> None:
        at = [f"2026-03-01T12:{min(place, 30):02}:00.000Z" for place in range(crowd)]
        self.tickets = TICKETS + [ticket(100 + place, at[place], at[place]) for place in range(crowd)]

    def __call__(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != "Bearer a-token-of-this-test":
            return Told({"category": "INVALID_AUTHENTICATION"}, 401)
        if not asked.path.endswith("/search"):
            id_ = asked.path.split("/")[-1]
            told = {
                name: [{"value": value, "timestamp": at, "sourceType": "CRM_UI"} for value, at in changes]
                for name, changes in HISTORY.get(id_, {}).items()
                if name in asked.query["propertiesWithHistory"].split(",")
            }
            return Told({"id": id_, "properties": {}, "propertiesWithHistory": told})
        (changed,) = asked.body["filterGroups"][0]["filters"]
        assert (changed["propertyName"], changed["operator"]) == ("hs_lastmodifieddate", "GTE")
        assert asked.body["sorts"] == [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}]
        found = [row for row in self.tickets if milliseconds_of(row["updatedAt"]) >= int(changed["value"])]
        found.sort(key=lambda row: (row["updatedAt"], row["id"]))
        place, most = int(asked.body.get("after", "0")), asked.body["limit"]
        if most > 200 or place + most > 10_000:
            return Told({"category": "VALIDATION_ERROR"}, 400)
        answer: dict[str, Any] = {"total": len(found), "results": found[place : place + most]}
        if place + most < len(found):
            answer["paging"] = {"next": {"after": str(place + most)}}
        return Told(answer)

    def move(self) -> None:
        first, *others = self.tickets
        moved = ticket(int(first["id"]), first["createdAt"], "2026-03-02T18:00:00.000Z")
        self.tickets = [*others, moved, ticket(9_000, "2026-03-02T18:01:00.000Z", "2026-03-02T18:01:00.000Z")]


def pushed(kind: str, id_: str, at: str, **more: str) -> dict[str, Any]:
    told = {"eventId": 1, "subscriptionId": 7, "portalId": 44, "appId": 5, "attemptNumber": 0, "changeSource": "EMAIL"}
    return told | {"objectId": int(id_), "occurredAt": milliseconds_of(at), "subscriptionType": f"ticket.{kind}"} | more


def changes() -> list[dict[str, Any]]:
    told = [
        pushed("propertyChange", id_, at, propertyName=name, propertyValue=value)
        for id_, properties in HISTORY.items()
        for name, values in properties.items()
        for value, at in values
    ]
    return sorted(told, key=lambda one: one["occurredAt"])


CASE = Case(
    source="hubspot",
    play=HubSpot,
    listed="/crm/v3/objects/tickets/search",
    detailed="/crm/v3/objects/tickets/1",
    live=[
        [pushed("creation", row["id"], row["createdAt"]) for row in TICKETS],
        changes(),
    ],
    ids=[
        "opened:1:pulled",
        "opened:2:pulled",
        *(
            f"ticket.propertyChange:{one['objectId']}:{one['propertyName']}:{one['occurredAt'] * 1_000}"
            for one in changes()
        ),
    ],
    moved=["opened:9000:pulled"],
    # What a ticket is called is told by pulling alone.
    compared=("account", "status", "priority", "assignee", "channel", "opened_at", "solved_at"),
    crowd=250,
    crowded=lambda crowd: [f"opened:{100 + place}:pulled" for place in range(crowd)],
    statuses={"1": "new", "4": "closed"},
)
