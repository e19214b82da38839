"""How much may a tenant send, and about how many? Usage is turned away beyond that, tickets never."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from infra.http.named_accounts import USAGE, NamedAccounts, Naming
from infra.settings import LimitSettings

_MOST_TENANTS: Final = 100_000  # buckets kept; one that was dropped begins full again
_LONGEST_WAIT_SECONDS: Final = 60
# A bucket that ran dry is left to fill for so long: taking what drips in would cost others a write for each drop.
_DRY_SECONDS: Final = 0.1


class Admission(NamedTuple):
    """Which of a request's records may come in, by their places, and when to try again with the others."""

    places: list[int]
    retry_after_seconds: int = 0


@dataclass(slots=True)
class _Bucket:
    """What is left of one tenant's seconds; below zero where tickets came in all the same."""

    events: float
    size: float
    filled_at: float
    is_dry: bool = False


class Quotas:
    """Thread-safe. A limit of 0 is none. Usage that is turned away is not kept: its sender still has it."""

    def __init__(self, limits: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._accounts = NamedAccounts(limits.keys_per_minute)

    def admit(self, tenant: str, raws: Sequence[bytes], said: Sequence[Naming]) -> Admission:
        """Takes what the records cost out of the tenant's buckets; all but usage is always admitted.

        `said` has the type and the account of each record.
        """
        limits = self._limits
        if not (limits.events_per_second or limits.bytes_per_second or limits.keys_per_minute):
            return Admission(list(range(len(raws))))
        size = sum(map(len, raws))
        with self._lock:
            now = self._clock()
            bucket = self._filled(tenant, now)
            if not bucket.is_dry:
                new = self._accounts.new(tenant, said, now)
                if self._accounts.has_room(tenant, new) and self._spend(bucket, len(raws), size):
                    self._accounts.add(tenant, new)
                    return Admission(list(range(len(raws))))
            kept = [place for place, one in enumerate(said) if one.type not in USAGE]
            others = sum(len(raws[place]) for place in kept)
            # What may not be turned away is paid for later, by usage.
            bucket.events = max(bucket.events - len(kept), -self._burst(limits.events_per_second))
            bucket.size = max(bucket.size - others, -self._burst(limits.bytes_per_second))
            crowded = False
            if not bucket.is_dry:
                usage, crowded = self._one_by_one(tenant, bucket, raws, said, now)
                kept = sorted(kept + usage)
                bucket.is_dry = bool(limits.events_per_second) and bucket.events < 1
            return Admission(kept, self._wait(bucket, now, crowded=crowded) if len(kept) < len(raws) else 0)

    def _one_by_one(
        self, tenant: str, bucket: _Bucket, raws: Sequence[bytes], said: Sequence[Naming], now: float
    ) -> tuple[list[int], bool]:
        """The places of the usage that may come in, and whether some named an account too many."""
        kept: list[int] = []
        crowded = False
        for place, one in enumerate(said):
            if one.type not in USAGE:
                continue
            new = self._accounts.new(tenant, (one,), now)
            if not self._accounts.has_room(tenant, new):
                crowded = True
            elif self._spend(bucket, 1, len(raws[place])):
                self._accounts.add(tenant, new)
                kept.append(place)
        return kept, crowded

    def _filled(self, tenant: str, now: float) -> _Bucket:
        limits = self._limits
        events, size = self._burst(limits.events_per_second), self._burst(limits.bytes_per_second)
        bucket = self._buckets.pop(tenant, None)
        if bucket is None:
            bucket = _Bucket(events, size, now)
            while len(self._buckets) >= _MOST_TENANTS:
                dropped, _ = self._buckets.popitem(last=False)
                self._accounts.forget(dropped)
        else:
            passed = now - bucket.filled_at
            bucket.events = min(events, bucket.events + passed * limits.events_per_second)
            bucket.size = min(size, bucket.size + passed * limits.bytes_per_second)
            bucket.filled_at = now
            if bucket.events >= max(1.0, limits.events_per_second * _DRY_SECONDS):
                bucket.is_dry = False
        self._buckets[tenant] = bucket
        return bucket

    def _spend(self, bucket: _Bucket, events: int, size: int) -> bool:
        limits = self._limits
        if limits.events_per_second and bucket.events < events:
            return False
        if limits.bytes_per_second and bucket.size < size:
            return False
        bucket.events -= events
        bucket.size -= size
        return True

    def _burst(self, per_second: int) -> float:
        return float(per_second * self._limits.burst_seconds)

    def _wait(self, bucket: _Bucket, now: float, *, crowded: bool) -> int:
        """Seconds until a second's worth of records may come in again; where it is `crowded`, until the next minute."""
        limits = self._limits
        waits = [
            (per_second - left) / per_second
            for left, per_second in ((bucket.events, limits.events_per_second), (bucket.size, limits.bytes_per_second))
            if per_second
        ]
        if crowded:
            waits.append(self._accounts.wait_seconds(now))
        return min(_LONGEST_WAIT_SECONDS, max(1, math.ceil(max(waits))))
