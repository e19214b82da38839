"""How long is a connection waited for, and for what?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

HEAD_SECONDS = 10.0  # from its first byte to its last
BODY_SECONDS = 30.0
IDLE_SECONDS = 30.0  # between requests
STUCK_SECONDS = 30.0  # while nobody reads the answer
LINGER_SECONDS = 2.0  # after a refusal, so that its sender gets to read it
LOOK_EVERY_SECONDS = 0.5


class Patience:
    """Deadlines of one connection, looked at every now and then: setting one costs nothing."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, too_late: Callable[[], None], stuck: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._too_late = too_late
        self._stuck = stuck
        self._until: float | None = None
        self._stuck_until: float | None = None
        self._ended = False

    def wait(self, seconds: float) -> None:
        """So long from now, in place of what was waited for before."""
        self._until = time.monotonic() + seconds

    def forever(self) -> None:
        """Nothing is waited for: the application has the word."""
        self._until = None

    def writing(self, *, stuck: bool) -> None:
        """Whether what was written stays with us because its reader takes no more."""
        self._stuck_until = time.monotonic() + STUCK_SECONDS if stuck else None

    def look(self) -> None:
        """Looks now, and again until the connection ends."""
        if self._ended:
            return
        now = time.monotonic()
        if self._stuck_until is not None and now >= self._stuck_until:
            self._stuck()
        elif self._until is not None and now >= self._until:
            self._too_late()
        self._loop.call_later(LOOK_EVERY_SECONDS, self.look)

    def end(self) -> None:
        self._ended = True
