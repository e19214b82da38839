"""The log contract: what every carrier of the journal promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from schemas.event import Event
from streams.seen_ids import Entry, Verdict


class Written(NamedTuple):
    """One record to append: its tenant, the position it takes, its event type, and its value."""

    tenant: str
    position: int
    type: str
    value: bytes


class Letter(NamedTuple):
    """A dead letter: input that could not be taken, with its bytes as they came (sealed) and why.

    `letter` derives from tenant, origin and bytes, so the same input refused again is the same letter, counted.
    """

    letter: str
    tenant: str
    reason: str
    detail: str
    where: str
    origin: str
    event_id: str | None
    kept_at: int
    raw: bytes
    times: int = 1
    redriven_at: int | None = None


class Appending(Protocol):
    """One append under way: nothing of it holds until its block ends, then all of it does, and durably."""

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        """For each (tenant, source, id, digest): new, a duplicate, or a conflict with what was taken before."""

    def append(self, records: Sequence[Written]) -> None:
        """Adds records, whose positions must continue their tenants'."""

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        """Remembers ids as taken; those of usage events for a shorter time."""

    def keep(self, letters: Sequence[Letter]) -> None:
        """Adds dead letters; one kept before is counted again."""


class Log(Protocol):
    """A journal of tenants' records in dense positions from 1, each tenant in one of `partitions` partitions."""

    @property
    def partitions(self) -> int: ...

    def appending(self) -> AbstractContextManager[Appending]:
        """All or nothing, durable when the block ends. Raises JournalGap for a position that does not continue."""

    def tenants(self) -> Sequence[str]:
        """Every tenant with a record, sorted."""

    def end(self, tenant: str) -> int:
        """The tenant's last position, 0 where it has none."""

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        """The tenant's next records after a position, in order. Raises JournalDamaged for a record that changed."""

    def refusals(self, tenant: str) -> list[Event]:
        """The tenant's `record.refused` records, in order."""

    def letters(self, tenant: str, limit: int = 1_000_000) -> list[Letter]:
        """The tenant's dead letters, oldest first."""

    def letter(self, tenant: str, letter: str) -> Letter | None: ...

    def mark_redriven(self, tenant: str, letter: str, at: int) -> None: ...

    def close(self) -> None: ...
