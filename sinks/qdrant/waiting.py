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
# A flush costs the index as much as writing some thousand documents: under load it is what most time went into.
MOST_UNSAVED: Final = 20_000  # documents written that may wait for the disk; they are kept until then
LONGEST_UNSAVED_SECONDS: Final = 2.0


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
    """A queue of entries and erasures. Every method needs `changed` held; only one thread takes.

    What was written stays here until it is saved: should saving fail, it is written again.
    """

    def __init__(self, changed: Condition) -> None:
        self._changed = changed
        self._queue: deque[Entry | Erasure] = deque()
        self._unsaved: deque[Entry] = deque()
        self._unsaved_documents = 0
        self._unsaved_at = 0.0
        self._cautious = False  # after a failure every batch is saved at once
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
        """Waits for a batch that is worth writing, or an erasure, and leaves it there.

        An empty batch says that it is time to save; None that all is closed, written and saved.
        """
        while not self._queue:
            if self._must_save():
                return []
            if self.closing:
                return None
            self._changed.wait(self._seconds_until_saving())
        begun_at = time.monotonic()
        while not self._is_ripe(begun_at):
            self._changed.wait(_QUIET_SECONDS)
        first = self._queue[0]
        if isinstance(first, Erasure):
            return [] if self._unsaved else first
        return [] if self._must_save() else list(self._batch())

    def written(self, entries: int) -> None:
        """What stood at the head has been written, and waits to be saved."""
        if not self._unsaved:
            self._unsaved_at = time.monotonic()
        for _ in range(entries):
            entry = self._queue.popleft()
            if isinstance(entry, Entry):
                self._unsaved.append(entry)
                self._unsaved_documents += len(entry.documents)

    def unsaved(self) -> Sequence[Entry]:
        """What was written and is not saved yet, in order."""
        return tuple(self._unsaved)

    def saved(self) -> None:
        """All that was written is saved."""
        self.documents -= self._unsaved_documents
        self.taken_entries += len(self._unsaved)
        self._unsaved.clear()
        self._unsaved_documents = 0
        self._cautious = False
        self._changed.notify_all()

    def again(self) -> None:
        """What was written may be lost: it is to be written again, before everything else."""
        self._queue.extendleft(reversed(self._unsaved))
        self._unsaved.clear()
        self._unsaved_documents = 0
        self._cautious = True

    def erased(self) -> None:
        """The erasure that stood at the head has been done."""
        self._queue.popleft()
        self.taken_entries += 1
        self._changed.notify_all()

    def left(self) -> Sequence[Entry | Erasure]:
        """What is still there."""
        return tuple(self._queue)

    def _must_save(self) -> bool:
        """Whether what was written should wait for the disk no longer; with an empty queue, somebody's wish counts."""
        if not self._unsaved:
            return False
        hurried = not self._queue and (self.closing or self._hurries > 0)
        many = self._cautious or self._unsaved_documents >= MOST_UNSAVED
        return hurried or many or self._seconds_until_saving() == 0.0

    def _seconds_until_saving(self) -> float | None:
        if not self._unsaved:
            return None
        return max(0.0, self._unsaved_at + LONGEST_UNSAVED_SECONDS - time.monotonic())

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
