"""What waits for the search index, and when enough of it does to be written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition
from typing import Final

from sinks.qdrant.document import Document

LARGEST_BATCH: Final = 2_000  # documents
LONGEST_WAIT_SECONDS: Final = 1.0  # from when a batch is begun until it is written
_QUIET_SECONDS: Final = 0.05  # nothing more came for so long: write what there is


@dataclass(frozen=True, slots=True)
class Entry:
    """Documents to be written, and the token that is reached with the last of them."""

    documents: Sequence[Document]
    token: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person to be forgotten after all entries before; `result` gets how many documents went."""

    tenant: str
    subject: str
    result: Future[int] = field(default_factory=Future)


class Waiting:
    """A queue of entries and erasures. Every method needs `changed` held; only one thread takes."""

    def __init__(self, changed: Condition) -> None:
        self._changed = changed
        self._queue: deque[Entry | Erasure] = deque()
        self._put_at = 0.0
        self._hurries = 0
        self.documents = 0
        self.put_entries = 0
        self.taken_entries = 0
        self.closing = False

    def put(self, entry: Entry | Erasure) -> None:
        """Adds an entry behind the others."""
        self._queue.append(entry)
        self.documents += _size(entry)
        self.put_entries += 1
        self._put_at = time.monotonic()
        self._changed.notify_all()

    def hurry(self, by: int) -> None:
        """Notes that somebody waits (1), or no longer does (-1): while one does, no batch waits for more."""
        self._hurries += by
        self._changed.notify_all()

    def close(self) -> None:
        """Lets the taker have what is there, at once, and then end."""
        self.closing = True
        self._changed.notify_all()

    def head(self) -> list[Entry] | Erasure | None:
        """Waits for a batch that is worth writing, or an erasure, and leaves it there; None when closed and empty."""
        self._changed.wait_for(lambda: self.closing or bool(self._queue))
        if not self._queue:
            return None
        begun_at = time.monotonic()
        while not self._is_ripe(begun_at):
            self._changed.wait(_QUIET_SECONDS)
        first = self._queue[0]
        return first if isinstance(first, Erasure) else list(self._batch())

    def take(self, entries: int) -> None:
        """Removes what stood at the head and has been done."""
        for _ in range(entries):
            self.documents -= _size(self._queue.popleft())
        self.taken_entries += entries
        self._changed.notify_all()

    def left(self) -> Sequence[Entry | Erasure]:
        """What is still there."""
        return tuple(self._queue)

    def _is_ripe(self, begun_at: float) -> bool:
        now = time.monotonic()
        return (
            self.closing
            or self._hurries > 0
            or self.documents >= LARGEST_BATCH
            or now - begun_at >= LONGEST_WAIT_SECONDS
            or now - self._put_at >= _QUIET_SECONDS
        )

    def _batch(self) -> Iterator[Entry]:
        """The entries before the next erasure, up to the largest batch, at least one."""
        documents = 0
        for entry in self._queue:
            if isinstance(entry, Erasure) or (documents and documents + len(entry.documents) > LARGEST_BATCH):
                return
            documents += len(entry.documents)
            yield entry


def _size(entry: Entry | Erasure) -> int:
    return len(entry.documents) if isinstance(entry, Entry) else 0
