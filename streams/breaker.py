"""Stops a partition whose records fail too often, rather than emptying it into dead letters."""

from __future__ import annotations

from collections import deque

from streams.failures import FoldBroken
from streams.partition import partition_of

MOST_CONSECUTIVE = 50
WINDOW = 1_000
MOST_IN_WINDOW = 50


class BreakerOpen(FoldBroken):
    """So many records failed that the processor, not the records, must be at fault."""


class Breaker:
    """Counts a partition's failing records: 50 in a row, or over 5 % of the last 1,000, open it."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._folded = 0
        self._failed_at: deque[int] = deque()
        self._consecutive = 0

    def passed(self, records: int) -> None:
        """So many records were folded without failing."""
        if records:
            self._folded += records
            self._consecutive = 0

    def failed(self, step: str) -> None:
        """One record failed. Raises BreakerOpen when that is one too many."""
        self._folded += 1
        self._consecutive += 1
        self._failed_at.append(self._folded)
        while self._failed_at[0] <= self._folded - WINDOW:
            self._failed_at.popleft()
        if self._consecutive >= MOST_CONSECUTIVE or len(self._failed_at) > MOST_IN_WINDOW:
            raise BreakerOpen(
                f"partition {self._partition} is stopped: {len(self._failed_at)} of its last "
                f"{min(self._folded, WINDOW):,} records failed, the last in {step}; correct the processor and start "
                "again, nothing is lost"
            )


class Breakers:
    """The breakers of all partitions, asked by tenant. `stopped` holds those that are open, until the next start."""

    def __init__(self, partitions: int) -> None:
        self._breakers = [Breaker(number) for number in range(partitions)]
        self.stopped: dict[int, BreakerOpen] = {}

    def of(self, tenant: str) -> Breaker:
        """The breaker of the tenant's partition."""
        return self._breakers[self.partition(tenant)]

    def partition(self, tenant: str) -> int:
        """The tenant's partition."""
        return partition_of(tenant, len(self._breakers))

    def stop(self, tenant: str, why: BreakerOpen) -> None:
        """The tenant's partition is folded no more."""
        self.stopped[self.partition(tenant)] = why

    def has_stopped(self, tenant: str) -> bool:
        """Whether the tenant waits for a repair."""
        return bool(self.stopped) and self.partition(tenant) in self.stopped

    def require_none_open(self) -> None:
        """Raises BreakerOpen when a partition is stopped."""
        for why in self.stopped.values():
            raise why
