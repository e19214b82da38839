"""What a ticket of the demo is and everything that happens to it, before a word of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from infra.demo.accounts import Account
from infra.demo.promises import Promise
from infra.demo.words import Clarity

MoveKind = Literal[
    "opened",
    "acknowledged",
    "assigned",
    "tagged",
    "internal",
    "noted",
    "replied",
    "wrote",
    "status",
    "priority",
    "corrected",
    "resolved",
    "reopened",
    "merged",
    "closed",
    "rated",
]
SECOND_US: Final = 1_000_000


@dataclass(slots=True)
class Move:
    """One thing that happens to a ticket: one event. `value` is the role, status, category or target of it.

    `arrives_at` and `repeated_at` (-1 where it comes once) are set when the delivery is drawn; `held_until` forces a
    late arrival.
    """

    at: int
    kind: MoveKind
    value: str = ""
    personal: str | None = None
    held_until: int = 0
    arrives_at: int = 0
    repeated_at: int = -1


@dataclass(slots=True)
class Ticket:
    """One ticket's hidden truth: its topic, the topic its words are drawn from, and its moves in order of time.

    `label` is the category that the stream finally names (it may be wrong), None where it names none.
    """

    number: int
    account: Account
    person: str
    expert: str
    group: str
    language: str
    channel: str
    priority: str
    topic: str
    spoken: str
    aside: str
    clarity: Clarity
    final: str
    legacy: bool
    promise: Promise
    moves: list[Move] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"T-{self.number + 1:05d}"

    @property
    def opened_at(self) -> int:
        return self.moves[0].at

    @property
    def label(self) -> str | None:
        """The category named last when it was solved or closed."""
        named = [move.value for move in self.moves if move.kind in ("resolved", "closed") and move.value]
        return named[-1] if named else None
