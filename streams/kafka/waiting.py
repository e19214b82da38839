"""Who should be woken by now: tenants whose earliest timer is due, and whose journal does not tell the time itself."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from streams.kafka.standing import TenantStanding


class Waiting:
    """The earliest due timer of each tenant of a partition, as the topic `waits` told it last."""

    def __init__(self) -> None:
        self._dues: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._held: dict[str, int] = {}

    def say(self, tenant: str, due: int | None) -> None:
        """The tenant's earliest timer is due then; None for no timer."""
        if due is None:
            self._dues.pop(tenant, None)
        elif self._dues.get(tenant) != due:
            self._dues[tenant] = due
            heappush(self._heap, (due, tenant))

    def due(self, now: int, tenants: Mapping[str, TenantStanding]) -> list[str]:
        """Tenants to be woken, once each: what is due by now, is later than the tenant's clock and in no backfill."""
        found = [tenant for tenant, due in self._held.items() if self._is_due(tenant, due, tenants)]
        for tenant in found:
            del self._held[tenant]
        while self._heap and self._heap[0][0] <= now:
            due, tenant = heappop(self._heap)
            if self._dues.get(tenant) != due or tenant not in tenants:
                continue
            if self._is_due(tenant, due, tenants):
                found.append(tenant)
            elif tenants[tenant].backfill is not None:
                # Nobody says it again when the backfill ends.
                self._held[tenant] = due
        return found

    def next_due(self) -> int | None:
        """The earliest instant anything is due at, as far as is known."""
        return self._heap[0][0] if self._heap else None

    def _is_due(self, tenant: str, due: int, tenants: Mapping[str, TenantStanding]) -> bool:
        standing = tenants[tenant]
        return self._dues.get(tenant) == due and standing.clock < due and standing.backfill is None
