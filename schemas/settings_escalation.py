"""Settings of escalation: what makes a ticket somebody senior's, in whole points."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from schemas.accounts import Tier
from schemas.event import Data
from schemas.values import Count, Id, Name, Priority

Points = Annotated[Count, Field(le=1_000)]


class SettingsEscalationChanged(Data):
    """When a ticket is escalated from now on: as soon as its points reach `edge_points`.

    `matrix` gives points by the account's tier (`*` is any other, or none) and the ticket's priority. `executives` are
    people whose tickets count as an executive's, as are those of whoever signs as one.
    """

    type: ClassVar[str] = "settings.escalation_changed"
    example: ClassVar[dict[str, Any]] = {
        "matrix": {"enterprise": {"urgent": 50, "high": 30}, "*": {"urgent": 30}},
        "leaving": 50,
        "executive": 30,
        "breach": 25,
        "reopened": 20,
        "unanswered": 15,
        "edge_points": 60,
        "executives": ["person-1"],
        "leaving_words": ["moving to acme"],
    }

    matrix: Annotated[
        dict[Tier | Annotated[str, Field(pattern=r"^\*$")], dict[Priority, Points]], Field(max_length=16)
    ] = Field(default_factory=dict)
    leaving: Points = 50
    executive: Points = 30
    breach: Points = 25
    reopened: Points = 20
    unanswered: Points = 15
    edge_points: Annotated[int, Field(ge=1, le=10_000)] = 60
    executives: Annotated[tuple[Id, ...], Field(max_length=256)] = ()
    leaving_words: Annotated[tuple[Name, ...], Field(max_length=256)] = ()
