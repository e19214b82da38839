"""What was just committed and waits to be folded, handed from the threads at the door to the one that folds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from schemas.event import Event

# A run of waiting records this long is folded and saved at once: the longer, the more often a cell saved once was
# changed twice, and a batch is still over within seconds.
BATCH_RECORDS: Final = 8_000
# While others wait at the door: saving a batch keeps them out for so long as it takes.
LIVE_BATCH_RECORDS: Final = 2_000
_MOST_WAITING: Final = 200_000


class News:
    """Records in the order of their commits, as they are. `is_behind` says that some must be read from the log first,
    as at the start, and when more came than are kept.
    """

    def __init__(self) -> None:
        self.is_behind = True
        self._waiting: deque[Event] = deque()
        self._changed = threading.Condition()

    def put(self, events: Sequence[Event]) -> None:
        """Adds what was committed; from any thread."""
        with self._changed:
            if len(self._waiting) + len(events) > _MOST_WAITING:
                self._waiting.clear()
                self.is_behind = True
            else:
                self._waiting.extend(events)
            self._changed.notify_all()

    def take(self, limit: int) -> list[Event]:
        """The first records that wait, up to `limit`."""
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def has(self, enough: int) -> bool:
        """Whether so many wait, or it is not known how many."""
        return self.is_behind or len(self._waiting) >= enough

    def batch_records(self) -> int:
        """How many to fold at once: of history as many as there may be, for nobody waits for an answer to it."""
        with self._changed:
            is_history = bool(self._waiting) and self._waiting[0].backfill
        return BATCH_RECORDS if is_history else LIVE_BATCH_RECORDS

    def gather(self, enough: int, until: float, stop: threading.Event) -> None:
        """Lets records come together up to a monotonic instant, for each batch has a price of its own."""
        with self._changed:
            self._changed.wait_for(lambda: self.has(enough) or stop.is_set(), max(0.0, until - time.monotonic()))
