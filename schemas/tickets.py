"""Ticket events: what is said and done in a support conversation."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Attributes, Channel, Id, Name, Priority, Status, Text, Title

Tags = Annotated[tuple[Name, ...], Field(max_length=64)]


class TicketOpened(Data):
    """A customer asked for something."""

    type: ClassVar[str] = "ticket.opened"
    version: ClassVar[int] = 2
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "title": "Invoice shows the wrong amount",
        "text": "Hello, our invoice for May lists 40 seats, but we have 32.",
        "channel": "email",
        "priority": "normal",
        "requester": "person-77",
        "tags": ["billing"],
    }

    ticket: Id
    title: Annotated[Title, Personal("requester")] = ""
    text: Annotated[Text, Personal("requester")] = ""
    channel: Channel = "other"
    priority: Priority | None = None
    requester: Id | None = None
    category: Name | None = None
    group: Name | None = None
    assignee: Id | None = None
    tags: Tags = ()
    attributes: Annotated[Attributes, Personal("requester", prose=False)] = Field(default_factory=dict)


def upcast_ticket_opened_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 called the text `body`, the channel `via`, and knew priorities 1 (urgent) to 4 (low)."""
    newer = dict(data)
    for old, new in (("body", "text"), ("via", "channel")):
        if old in newer:
            newer[new] = newer.pop(old)
    if isinstance(newer.get("priority"), int):
        newer["priority"] = {1: "urgent", 2: "high", 3: "normal", 4: "low"}.get(newer["priority"], newer["priority"])
    return newer


class TicketMessageAdded(Data):
    """A customer, an expert or a bot wrote on a ticket."""

    type: ClassVar[str] = "ticket.message_added"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "author": "customer",
        "person": "person-77",
        "text": "Any news? The payment is due on Friday.",
    }

    ticket: Id
    author: Literal["customer", "expert", "bot"]
    person: Id | None = None
    public: bool = True
    text: Annotated[Text, Personal("person")] = ""


class TicketStatusChanged(Data):
    """A ticket moved to another status; `status_raw` is what its helpdesk calls it."""

    type: ClassVar[str] = "ticket.status_changed"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "status": "pending"}

    ticket: Id
    status: Status
    status_raw: Name | None = None
    by: Id | None = None


class TicketPriorityChanged(Data):
    """Somebody gave a ticket another priority; `priority_raw` is what its helpdesk calls it."""

    type: ClassVar[str] = "ticket.priority_changed"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "priority": "high"}

    ticket: Id
    priority: Priority
    priority_raw: Name | None = None
    by: Id | None = None


class TicketAssigned(Data):
    """A ticket was given to a group, a person or both; null takes it away."""

    type: ClassVar[str] = "ticket.assigned"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "group": "billing", "assignee": "expert-3"}

    ticket: Id
    group: Name | None = None
    assignee: Id | None = None


class TicketTagged(Data):
    """Tags were put on or taken off a ticket."""

    type: ClassVar[str] = "ticket.tagged"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "added": ["refund"], "removed": []}

    ticket: Id
    added: Tags = ()
    removed: Tags = ()


class TicketResolved(Data):
    """Experts consider the ticket solved; `category` is the final one, if they name it."""

    type: ClassVar[str] = "ticket.resolved"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "by": "expert-3", "category": "billing"}

    ticket: Id
    by: Id | None = None
    category: Name | None = None


class TicketReopened(Data):
    """A solved ticket turned out not to be solved."""

    type: ClassVar[str] = "ticket.reopened"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "by": "person-77"}

    ticket: Id
    by: Id | None = None


class TicketClosed(Data):
    """The ticket is over; `category` is the final one, if it is named."""

    type: ClassVar[str] = "ticket.closed"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "category": "billing", "code": "refunded"}

    ticket: Id
    by: Id | None = None
    category: Name | None = None
    code: Name | None = None


class TicketMerged(Data):
    """The ticket became part of another one."""

    type: ClassVar[str] = "ticket.merged"
    example: ClassVar[dict[str, Any]] = {"ticket": "T-1001", "into": "T-998"}

    ticket: Id
    into: Id


class TicketCsatAnswered(Data):
    """The customer rated the ticket's handling on a scale from 1 to `scale`."""

    type: ClassVar[str] = "ticket.csat_answered"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "score": 2,
        "scale": 5,
        "person": "person-77",
        "comment": "It took four days.",
    }

    ticket: Id
    score: Annotated[int, Field(ge=0, le=100)]
    scale: Annotated[int, Field(ge=1, le=100)] = 5
    person: Id | None = None
    comment: Annotated[Text, Personal("person")] = ""


class TicketSnapshot(Data):
    """A helpdesk told how a ticket stood at this instant, without saying what changed.

    What is left out was not told. `assigned` says that `group` and `assignee` were told, absent ones being nobody.
    `status_raw` and `priority_raw` are the helpdesk's own words, also where they mean nothing here.
    """

    type: ClassVar[str] = "ticket.snapshot"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "status": "pending",
        "status_raw": "Waiting on Customer",
        "priority": "high",
        "assigned": True,
        "group": "billing",
        "assignee": "expert-3",
        "tags": ["billing"],
    }

    ticket: Id
    status: Status | None = None
    status_raw: Name | None = None
    priority: Priority | None = None
    priority_raw: Name | None = None
    assigned: bool = False
    group: Name | None = None
    assignee: Id | None = None
    tags: Tags | None = None
