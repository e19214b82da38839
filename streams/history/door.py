"""What an import needs of the door that it brings events to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol


class Beginning(NamedTuple):
    """An import about to begin. Its `name` tells mapping and content; `usage` whether it has usage events."""

    name: str
    source: str
    first_at: int
    newest_at: int
    usage: bool


class Standing(NamedTuple):
    """What became of this import before: nothing, an interruption, or its end.

    `taken` tells of an event id whether it was taken so long ago that the door has forgotten it.
    """

    state: Literal["new", "resumed", "ended"]
    taken: Callable[[str], bool]


class Outcome(Protocol):
    """What became of one event at the door."""

    @property
    def status(self) -> str:
        """`accepted` or `queued`, `duplicate`, or `refused`."""

    @property
    def reason(self) -> str | None:
        """Why it was refused."""


class Door(Protocol):
    """Where an import's events enter a tenant's journal. What a call has returned from is durable."""

    def now(self) -> int:
        """The door's clock: microseconds since the epoch."""

    def begin(self, tenant: str, beginning: Beginning) -> Standing:
        """Writes `backfill.started`, unless the import has ended before or is still under way."""

    def take(self, tenant: str, raws: Sequence[bytes], origin: str) -> Sequence[Outcome]:
        """Takes events as history; one outcome each, in order."""

    def refuse(self, tenant: str, rows: Sequence[tuple[bytes, str]], origin: str) -> None:
        """Keeps rows (their bytes, and what is wrong with them) as dead letters of the reason `unmapped_row`."""

    def end(self, tenant: str, name: str, last_at: int, records: int) -> None:
        """Writes `backfill.ended`."""
