"""The bounded values that events are made of: identifiers, texts, counts, money and attributes."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints

# Larger integers do not survive JavaScript, JSON numbers in ClickHouse or float arithmetic.
LARGEST_INTEGER = 2**53 - 1

# Neither control nor formatting characters, no blank at either end.
_PRINTABLE = r"^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$"

Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
EventId = Annotated[str, StringConstraints(max_length=256, pattern=_PRINTABLE)]
Id = Annotated[str, StringConstraints(max_length=128, pattern=_PRINTABLE)]
Name = Annotated[str, StringConstraints(max_length=128, pattern=_PRINTABLE)]
Title = Annotated[str, StringConstraints(max_length=1_024)]
Text = Annotated[str, StringConstraints(max_length=65_536)]
Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Score = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]

MinorUnits = Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _fraction(value: object) -> object:
    """An integer that does not fit must not become a rounded float."""
    if type(value) is int:
        raise ValueError(f"an integer lies between -{LARGEST_INTEGER} and {LARGEST_INTEGER}")
    return value


Attribute = (
    bool
    | Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    | Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_fraction)]
    | Annotated[str, StringConstraints(max_length=512)]
)
Attributes = Annotated[dict[Name, Attribute], Field(max_length=128)]

Channel = Literal["email", "chat", "phone", "web", "api", "social", "other"]
Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: Final[tuple[str, ...]] = get_args(Priority)
Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
# Of a ticket that nobody works on any more.
OVER: Final = ("solved", "closed")
