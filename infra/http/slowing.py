"""How soon does a tenant hear that it sends too much? In its turn: who goes on sending hears of it later and later.

To read what is turned away takes the time of the one loop that answers everybody. Senders that wait for an answer
before they send again, as nearly all do, are slowed to what one tenant may cost the others, however many connections
they have; one that is turned away now and then hardly notices.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

PER_SECOND: Final = 10
# What waits for an answer gives up some time, and the webhooks of tools are patient for a few seconds only.
LONGEST_SECONDS: Final = 5.0
# A request is in memory until it is answered; beyond this much, answers go out at once.
MOST_HELD_BYTES: Final = 32 << 20


class Slowing:
    """For one event loop. A tenant's turns are so many a second; they are forgotten once it has none to come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turns: OrderedDict[str, float] = OrderedDict()
        self._held_bytes = 0

    async def wait(self, tenant: str, size: int) -> None:
        """Until the turn of an answer to a request of so many bytes that was turned away, wholly or in part."""
        if self._held_bytes + size > MOST_HELD_BYTES:
            return
        self._held_bytes += size
        try:
            await asyncio.sleep(self.turn(tenant))
        finally:
            self._held_bytes -= size

    def turn(self, tenant: str) -> float:
        """Takes the tenant's next turn; the seconds until then."""
        now = self._clock()
        while self._turns and next(iter(self._turns.values())) <= now:
            self._turns.popitem(last=False)
        at = max(now, self._turns.pop(tenant, now)) + 1 / PER_SECOND
        at = min(at, now + LONGEST_SECONDS)
        self._turns[tenant] = at
        return at - now
