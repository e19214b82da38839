"""Settings of routing: what counts how much, which skills a category needs, and what tires."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from schemas.event import Data
from schemas.values import Count, Name

Weight = Annotated[Count, Field(le=1_000)]
Minutes = Annotated[int, Field(ge=1, le=10_080)]


class SettingsRoutingChanged(Data):
    """How tickets find their expert from now on.

    Each criterion gives 0 to 100, times its weight: skills the category needs that the expert has, free capacity, the
    customer's language, how much of the time that is left the expert's usual handling time leaves over, and freshness.
    Work without a break of `rest_minutes` tires: not at all for `fresh_minutes`, wholly after `tired_minutes`.
    """

    type: ClassVar[str] = "settings.routing_changed"
    example: ClassVar[dict[str, Any]] = {
        "skill": 40,
        "load": 25,
        "language": 20,
        "time": 10,
        "fatigue": 5,
        "skills_by_category": {"refund": ["billing"]},
        "default_capacity": 5,
        "rest_minutes": 15,
        "fresh_minutes": 60,
        "tired_minutes": 240,
        "wrong_within_hours": 24,
    }

    skill: Weight = 40
    load: Weight = 25
    language: Weight = 20
    time: Weight = 10
    fatigue: Weight = 5
    skills_by_category: Annotated[
        dict[Name, Annotated[tuple[Name, ...], Field(min_length=1, max_length=16)]], Field(max_length=512)
    ] = Field(default_factory=dict)
    default_capacity: Annotated[Count, Field(le=1_000)] = 5
    rest_minutes: Minutes = 15
    fresh_minutes: Minutes = 60
    tired_minutes: Minutes = 240
    wrong_within_hours: Annotated[int, Field(ge=1, le=720)] = 24

    @model_validator(mode="after")
    def _tires(self) -> SettingsRoutingChanged:
        if self.fresh_minutes >= self.tired_minutes:
            raise ValueError("`tired_minutes` must be more than `fresh_minutes`")
        return self
