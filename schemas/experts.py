"""Expert events: what the people who help do, and what they teach."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.event import Data
from schemas.personal import Personal
from schemas.values import Channel, Count, Id, Name, Text


class ExpertReplied(Data):
    """An expert answered a customer on a ticket; only public replies count for promises."""

    type: ClassVar[str] = "expert.replied"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "expert": "expert-3",
        "text": "We corrected the invoice; the new one is in your inbox.",
        "requester": "person-77",
    }

    ticket: Id
    expert: Id
    public: bool = True
    requester: Id | None = None
    text: Annotated[Text, Personal("requester")] = ""


class ExpertCorrected(Data):
    """An expert said what a prediction should have been; a corrected priority is one that somebody gave the ticket."""

    type: ClassVar[str] = "expert.corrected"
    example: ClassVar[dict[str, Any]] = {
        "ticket": "T-1001",
        "expert": "expert-3",
        "field": "category",
        "value": "billing",
    }

    ticket: Id
    expert: Id
    field: Literal["category", "priority"]
    value: Name


class ExpertAvailabilityChanged(Data):
    """An expert came, left or can take another number of tickets; what is left out stays as it was said before.

    `capacity` counts tickets of all channels, `channel_capacity` those of some.
    """

    type: ClassVar[str] = "expert.availability_changed"
    example: ClassVar[dict[str, Any]] = {
        "expert": "expert-3",
        "status": "online",
        "capacity": 6,
        "skills": ["billing"],
        "languages": ["en", "de"],
        "channel_capacity": {"chat": 2},
    }

    expert: Id
    status: Literal["online", "away", "offline"]
    capacity: Count | None = None
    group: Name | None = None
    skills: Annotated[tuple[Name, ...], Field(max_length=64)] = ()
    languages: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    channel_capacity: dict[Channel, Annotated[Count, Field(le=1_000)]] = Field(default_factory=dict)


class ExpertNoted(Data):
    """An expert left a note for colleagues."""

    type: ClassVar[str] = "expert.noted"
    example: ClassVar[dict[str, Any]] = {"expert": "expert-3", "ticket": "T-1001", "text": "Finance confirmed."}

    expert: Id
    ticket: Id | None = None
    requester: Id | None = None
    text: Annotated[Text, Personal("requester")] = ""
