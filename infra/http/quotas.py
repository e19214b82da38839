"""How much may a tenant send? Token buckets of events and bytes; usage is turned away first, tickets never."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from infra.http.saying import said_of
from infra.settings import LimitSettings
from schemas.registry import BY_NAME

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

    def admit(self, tenant: str, raws: Sequence[bytes], types: Sequence[str] | None = None) -> Admission:
        """Takes what the records cost out of the tenant's buckets; all but usage is always admitted.

        `types` are what `type_of` says of each record, where somebody has asked already.
        """
        limits = self._limits
        if not limits.events_per_second and not limits.bytes_per_second:
            return Admission(list(range(len(raws))))
        size = sum(map(len, raws))
        with self._lock:
            bucket = self._filled(tenant)
            if not bucket.is_dry and self._spend(bucket, len(raws), size):
                return Admission(list(range(len(raws))))
            usage = [_is_usage(type_) for type_ in (map(type_of, raws) if types is None else types)]
            kept = [place for place, shed in enumerate(usage) if not shed]
            others = sum(len(raws[place]) for place in kept)
            # What may not be turned away is paid for later, by usage.
            bucket.events = max(bucket.events - len(kept), -self._burst(limits.events_per_second))
            bucket.size = max(bucket.size - others, -self._burst(limits.bytes_per_second))
            if not bucket.is_dry:
                kept += [place for place, shed in enumerate(usage) if shed and self._spend(bucket, 1, len(raws[place]))]
                kept.sort()
                bucket.is_dry = bool(limits.events_per_second) and bucket.events < 1
            return Admission(kept, self._wait(bucket) if len(kept) < len(raws) else 0)

    def _filled(self, tenant: str) -> _Bucket:
        limits, now = self._limits, self._clock()
        events, size = self._burst(limits.events_per_second), self._burst(limits.bytes_per_second)
        bucket = self._buckets.pop(tenant, None)
        if bucket is None:
            bucket = _Bucket(events, size, now)
            while len(self._buckets) >= _MOST_TENANTS:
                self._buckets.popitem(last=False)
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

    def _wait(self, bucket: _Bucket) -> int:
        """Seconds until a second's worth of records may come in again."""
        limits = self._limits
        waits = [
            (per_second - left) / per_second
            for left, per_second in ((bucket.events, limits.events_per_second), (bucket.size, limits.bytes_per_second))
            if per_second
        ]
        return min(_LONGEST_WAIT_SECONDS, max(1, math.ceil(max(waits))))


def _is_usage(type_: str) -> bool:
    row = BY_NAME.get(type_)
    return row is not None and row.topic == "usage"


def type_of(raw: bytes) -> str:
    """The type of event that a record says it is; empty where it says none, for then it is refused and kept."""
    return said_of(raw).type
