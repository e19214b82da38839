"""Settings events: what a tenant decided about promises, calendars, weights and categories."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.accounts import Tier
from schemas.event import Data
from schemas.values import Channel, Count, Name, Priority, Status

ClockName = Literal[
    "first_response",
    "next_response",
    "resolution",
    "requester_wait",
    "agent_work",
    "periodic_update",
    "pausable_update",
    "internal",
    "supplier",
]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$")]
DateText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ClockTarget(Data):
    """How long one clock may run, when it stands still, and at which percentages of the target to warn.

    An `internal` clock runs for the group that has the ticket: of these `groups`, or of any where none is named.
    """

    clock: ClockName
    target_seconds: Annotated[int, Field(ge=1, le=315_360_000)]
    paused_on: Annotated[tuple[Status, ...], Field(max_length=6)] = ()
    warn_percent: Annotated[tuple[Annotated[int, Field(ge=1, le=99)], ...], Field(max_length=8)] = (50, 90)
    groups: Annotated[tuple[Name, ...], Field(max_length=32)] = ()


class SlaPolicy(Data):
    """One promise. An empty condition holds for everything; the first policy that holds for a ticket counts."""

    name: Name
    tiers: Annotated[tuple[Tier, ...], Field(max_length=8)] = ()
    priorities: Annotated[tuple[Priority, ...], Field(max_length=4)] = ()
    channels: Annotated[tuple[Channel, ...], Field(max_length=7)] = ()
    calendar: Name = "always"
    targets: Annotated[tuple[ClockTarget, ...], Field(min_length=1, max_length=32)]


class SettingsSlaChanged(Data):
    """The ordered promises from now on."""

    type: ClassVar[str] = "settings.sla_changed"
    example: ClassVar[dict[str, Any]] = {
        "policies": [
            {
                "name": "enterprise urgent",
                "tiers": ["enterprise"],
                "priorities": ["urgent"],
                "calendar": "always",
                "targets": [{"clock": "first_response", "target_seconds": 900, "warn_percent": [50, 80]}],
            },
            {
                "name": "everyone",
                "calendar": "office",
                "targets": [
                    {"clock": "first_response", "target_seconds": 14400},
                    {"clock": "resolution", "target_seconds": 144000, "paused_on": ["pending", "on_hold"]},
                ],
            },
        ]
    }

    policies: Annotated[tuple[SlaPolicy, ...], Field(max_length=32)]


class OpeningHours(Data):
    """Open on this weekday from `start` to `end` of the calendar's zone; an end before the start is next morning."""

    weekday: Weekday
    start: TimeOfDay
    end: TimeOfDay


class Holiday(Data):
    """A date with other hours than its weekday; none means closed."""

    date: DateText
    hours: Annotated[tuple[tuple[TimeOfDay, TimeOfDay], ...], Field(max_length=8)] = ()


class SettingsCalendarChanged(Data):
    """When the tenant's experts work, under a name that policies use."""

    type: ClassVar[str] = "settings.calendar_changed"
    example: ClassVar[dict[str, Any]] = {
        "name": "office",
        "zone": "Europe/Vienna",
        "hours": [
            {"weekday": "mon", "start": "08:00", "end": "12:00"},
            {"weekday": "mon", "start": "13:00", "end": "17:30"},
        ],
        "holidays": [{"date": "2026-12-25"}],
    }

    name: Name
    zone: Name
    hours: Annotated[tuple[OpeningHours, ...], Field(max_length=64)]
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=512)] = ()


class SettingsWeightsChanged(Data):
    """How much each driver group of the health score counts; they need not sum to anything."""

    type: ClassVar[str] = "settings.weights_changed"
    example: ClassVar[dict[str, Any]] = {
        "usage": 30,
        "support": 25,
        "sentiment": 20,
        "commercial": 15,
        "engagement": 10,
    }

    usage: Annotated[Count, Field(le=1000)]
    support: Annotated[Count, Field(le=1000)]
    sentiment: Annotated[Count, Field(le=1000)]
    commercial: Annotated[Count, Field(le=1000)]
    engagement: Annotated[Count, Field(le=1000)]


class SettingsTaxonomyChanged(Data):
    """The categories a ticket can have; words that hint at each serve until the tenant's model has learned."""

    type: ClassVar[str] = "settings.taxonomy_changed"
    example: ClassVar[dict[str, Any]] = {"categories": {"billing": ["invoice", "refund"], "login": ["password"]}}

    categories: Annotated[
        dict[Name, Annotated[tuple[Name, ...], Field(max_length=256)]], Field(min_length=1, max_length=512)
    ]


class SettingsLimitsChanged(Data):
    """The horizon of late truth, and when a classification is good enough to be said."""

    type: ClassVar[str] = "settings.limits_changed"
    example: ClassVar[dict[str, Any]] = {"horizon_days": 32, "abstain_below_percent": 50}

    horizon_days: Annotated[int, Field(ge=1, le=366)] = 32
    abstain_below_percent: Annotated[int, Field(ge=0, le=100)] = 50
