"""Usage events: what customers do with the product."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.event import Data
from schemas.values import Count, Id, Name


class UsageRecorded(Data):
    """A named product event or a metered amount; quantities are whole numbers, so sums do not depend on order."""

    type: ClassVar[str] = "usage.recorded"
    example: ClassVar[dict[str, Any]] = {"name": "report.exported", "quantity": 3, "person": "person-77"}

    name: Name
    quantity: Count = 1
    unit: Name | None = None
    person: Id | None = None


class UsageSessionEnded(Data):
    """Somebody worked with the product for so many seconds."""

    type: ClassVar[str] = "usage.session_ended"
    example: ClassVar[dict[str, Any]] = {"person": "person-77", "duration_seconds": 1260}

    duration_seconds: Count
    person: Id | None = None


class UsageSeatsCounted(Data):
    """So many of the licensed seats were in use."""

    type: ClassVar[str] = "usage.seats_counted"
    example: ClassVar[dict[str, Any]] = {"used": 28, "licensed": 32}

    used: Count
    licensed: Count
