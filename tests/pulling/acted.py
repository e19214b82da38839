"""Tools played from their documented contracts, and what of each is to be expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from schemas.values import Status
from tests.pulling.tool import Asked, Told


class Played(Protocol):
    """One tool: it answers requests, and changes while it is read."""

    def __call__(self, asked: Asked) -> Told: ...

    def move(self) -> None:
        """Somebody writes something new; what was on a page that was read may stand on another one now."""


@dataclass(frozen=True)
class Case:
    """What a tool serves with so many more rows as asked, and what is to come of it.

    `live` are bodies as the tool pushes them, in order; `ids` what a pull says beside pictures; `moved` what is said
    in addition after a move. `compared` names what push and pull both tell of a ticket; empty where all facts are
    the same. `crowd` is how many more rows make several pages.
    """

    source: str
    play: Callable[[int], Played]
    listed: str
    detailed: str
    live: Sequence[Any]
    ids: Sequence[str]
    moved: Sequence[str]
    compared: Sequence[str]
    crowd: int
    crowded: Callable[[int], Sequence[str]]
    gone: Told | None = None
    statuses: Mapping[str, Status] = field(default_factory=dict)


def seconds_of(text: str) -> int:
    """Unix seconds of an instant written as tools write it."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
