"""What counts how much when a ticket finds its expert, as the tenant wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    """Weights of the criteria, the skills that categories need, and the formula of fatigue."""

    skill: int = 40
    load: int = 25
    language: int = 20
    time: int = 10
    fatigue: int = 5
    skills_by_category: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    default_capacity: int = 5
    rest_minutes: int = 15
    fresh_minutes: int = 60
    tired_minutes: int = 240
    wrong_within_hours: int = 24

    def skills_of(self, category: str | None) -> tuple[str, ...]:
        """The skills that a category needs: those that were said, else the one of its name; none for no category."""
        if category is None:
            return ()
        return self.skills_by_category.get(category, (category,))


DEFAULT_ROUTING = RoutingTerms()
