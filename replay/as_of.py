"""Which records of a tenant were known at an instant? The beginning of its journal, as far as it had got by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.event import Event
from schemas.system import ABOUT_THE_JOURNAL, BackfillEnded, BackfillStarted

_BATCH_RECORDS = 4_000


class Reading(Protocol):
    """What is read of a log."""

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]: ...


@dataclass(slots=True)
class KnownBy:
    """Tells the records known at the instant `at` from those that came later. Of one tenant, from its first record.

    A record was known when it was taken (`recorded_at`). A history that was imported before anything newer was known is
    lived again by its own times: its records were known when they happened, though they were taken in one night.
    `backfill` names such a history where the known records end in the middle of it.
    """

    at: int
    backfill: str | None = None
    is_over: bool = False
    _clock: int = 0
    _lives_again: bool = False
    _waiting: list[Event] = field(default_factory=list)

    def of(self, records: Sequence[Event]) -> list[Event]:
        """Those of the next records that were known. None any more once it is over."""
        return [] if self.is_over else list(self._walked(records))

    def _walked(self, records: Sequence[Event]) -> Iterator[Event]:
        for record in records:
            known_at = self._known_at(record)
            if not isinstance(record.data, ABOUT_THE_JOURNAL):
                if known_at > self.at:
                    self.is_over = True
                    return
                self._clock = max(self._clock, known_at)
            elif self._waiting or known_at > self.at:
                # After an import it is of today, whatever year the history is of: known only with what comes after it.
                self._waiting.append(record)
                continue
            for known in (*self._waiting, record):
                self._follow(known)
                yield known
            self._waiting.clear()

    def _known_at(self, record: Event) -> int:
        if isinstance(record.data, BackfillStarted):
            self._lives_again = record.told_at >= self._clock
        known_at = record.told_at if self._lives_again else record.recorded_at
        if isinstance(record.data, BackfillEnded):
            self._lives_again = False
        return known_at

    def _follow(self, record: Event) -> None:
        if isinstance(record.data, BackfillStarted):
            # In a tenant that lived already it was under way then, and still is.
            self.backfill = record.data.name if self._lives_again else None
        elif isinstance(record.data, BackfillEnded):
            self.backfill = None


def known_records(log: Reading, tenant: str, known: KnownBy) -> Iterator[list[Event]]:
    """The tenant's known records, some at a time."""
    position = 0
    while not known.is_over and (records := log.read(tenant, position, _BATCH_RECORDS)):
        position = records[-1].position
        if found := known.of(records):
            yield found
