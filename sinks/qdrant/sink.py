"""How documents reach a search index: in order, in batches that grow with the load, and again until they are in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Final

import msgspec

from sinks.qdrant.contract import SearchIndex, SearchIndexError
from sinks.qdrant.document import Document, DocumentRefused, Key
from sinks.qdrant.position import NOTHING, PositionFile
from sinks.qdrant.waiting import Entry, Erasure, Waiting

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 30.0


class SinkBusy(SearchIndexError):
    """The queue stayed full for as long as the caller would wait; nothing was taken."""


class SinkClosed(SearchIndexError):
    """The sink was closed; send what follows its position to the next one."""


class SinkHealth(msgspec.Struct, frozen=True):
    """How a sink fares. `failures` counts attempts in a row; `last_error` stays until an attempt succeeds."""

    healthy: bool
    queued_documents: int
    applied_documents: int
    failures: int
    last_error: str | None
    position: int


class SearchSink:
    """Feeds an index from a thread of its own. The sink owns writing; reading goes to the index directly.

    Tokens rise. `position()` is the last token of which every document, and all before, was read back and is on disk.
    That comes up to two seconds after it can be found.
    After a crash send again what follows it; sending more than that changes nothing.
    """

    def __init__(self, index: SearchIndex, position_file: Path, *, capacity: int = 50_000) -> None:
        self._index = index
        self._position_file = PositionFile(position_file, index.identity)
        self._position = self._position_file.read()
        self._submitted = NOTHING
        self._capacity = capacity
        self._applied = 0
        self._failures = 0
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._last_error: str | None = None
        self._changed = Condition()
        self._waiting = Waiting(self._changed)
        self._thread = Thread(target=self._run, name="search-sink", daemon=True)
        self._thread.start()

    def submit(self, documents: Sequence[Document], token: int, *, timeout_seconds: float | None = None) -> None:
        """Takes documents whose last is `token`; waits while the queue is full. Raises SinkBusy or SinkClosed."""
        waiting = self._waiting
        with self._changed:
            if token < self._submitted:
                raise DocumentRefused(f"token {token} was submitted after {self._submitted}: tokens rise")
            has_room: Callable[[], bool] = lambda: (  # noqa: E731
                waiting.closing or not waiting.documents or waiting.documents + len(documents) <= self._capacity
            )
            if not (room := has_room()):
                # What only waits to be saved makes room at once.
                waiting.hurry(1)
                room = self._changed.wait_for(has_room, timeout_seconds)
                waiting.hurry(-1)
            self._require_open()
            if not room:
                reason = self._last_error or "it is slow"
                raise SinkBusy(f"{waiting.documents} documents wait for the search index: {reason}")
            self._submitted = token
            waiting.put(Entry(tuple(documents), token))

    def delete_subject(self, tenant: str, subject: str, *, timeout_seconds: float | None = None) -> int:
        """Forgets a person after all that was submitted before, so that no waiting document brings them back.

        Returns how many documents were in the index. Raises TimeoutError; the deletion still happens, later.
        """
        erasure = Erasure(tenant, subject)
        with self._changed:
            self._require_open()
            self._waiting.hurry(1)
            self._waiting.put(erasure)
        return erasure.result.result(timeout_seconds)

    def drain(self, timeout_seconds: float | None = None) -> None:
        """Returns when all that was submitted before is durable. Raises TimeoutError, naming what stands in the way."""
        waiting = self._waiting
        with self._changed:
            wanted = waiting.put_entries
            waiting.hurry(1)
            self._changed.wait_for(
                lambda: waiting.taken_entries >= wanted or not self._thread.is_alive(), timeout_seconds
            )
            waiting.hurry(-1)
            if waiting.taken_entries < wanted:
                reason = self._last_error or "the sink was closed or is slow"
                raise TimeoutError(f"{waiting.documents} documents are not in the search index yet: {reason}")

    def position(self) -> int:
        """The last token durably applied, -1 when there is none."""
        with self._changed:
            return self._position

    def health(self) -> SinkHealth:
        """How the sink fares now."""
        with self._changed:
            return SinkHealth(
                healthy=self._failures == 0 and self._thread.is_alive(),
                queued_documents=self._waiting.documents,
                applied_documents=self._applied,
                failures=self._failures,
                last_error=self._last_error,
                position=self._position,
            )

    def close(self, timeout_seconds: float | None = 30.0) -> None:
        """Applies what waits, once, and ends the thread; the index stays open. What failed is left for a re-send."""
        with self._changed:
            self._waiting.close()
        self._thread.join(timeout_seconds)

    def _require_open(self) -> None:
        if self._waiting.closing:
            raise SinkClosed("the search sink was closed: send what follows its position to the next one")

    def _run(self) -> None:
        while True:
            with self._changed:
                head = self._waiting.head()
            if head is None or not self._apply_until_done(head):
                break
        with self._changed:
            for entry in self._waiting.left():
                if isinstance(entry, Erasure):
                    entry.result.set_exception(SinkClosed("the search sink was closed before it could delete"))
            self._changed.notify_all()

    def _apply_until_done(self, head: list[Entry] | Erasure) -> bool:
        """True when it is done or is to be taken up anew, False when the sink was closed while it failed."""
        try:
            if isinstance(head, Erasure):
                self._erase(head)
            elif head:
                self._write(head)
            else:
                self._save()
        except Exception as error:  # noqa: BLE001 - whatever an index raises, nothing may be lost
            return not self._failed(error)
        return True

    def _write(self, batch: list[Entry]) -> None:
        documents = [document for entry in batch for document in entry.documents]
        if documents:
            self._index.upsert(documents)
            self._read_back(documents)
        with self._changed:
            self._waiting.written(len(batch))

    def _save(self) -> None:
        with self._changed:
            entries = self._waiting.unsaved()
        documents = sum(len(entry.documents) for entry in entries)
        if documents:
            self._index.flush()
        position = max(self._position, entries[-1].token)  # what was applied before may be sent again
        self._position_file.write(position)
        with self._changed:
            self._applied += documents
            self._position = position
            self._sound()
            self._waiting.saved()

    def _erase(self, erasure: Erasure) -> None:
        removed = self._index.delete_subject(erasure.tenant, erasure.subject)
        with self._changed:
            self._waiting.hurry(-1)
            self._sound()
            self._waiting.erased()
        erasure.result.set_result(removed)

    def _sound(self) -> None:
        self._failures = 0
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._last_error = None

    def _failed(self, error: Exception) -> bool:
        """Notes the failure, lets all that is not saved be written again, and waits; True when closed meanwhile."""
        with self._changed:
            self._failures += 1
            self._last_error = f"{type(error).__name__}: {error}"[:300]
            self._waiting.again()
            self._changed.notify_all()
            pause_seconds = self._pause_seconds
            self._pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
            return self._changed.wait_for(lambda: self._waiting.closing, pause_seconds)

    def _read_back(self, documents: Iterable[Document]) -> None:
        wanted: dict[str, dict[Key, int]] = {}
        for document in documents:
            of_tenant = wanted.setdefault(document.key.tenant, {})
            of_tenant[document.key] = max(document.revision, of_tenant.get(document.key, document.revision))
        for tenant, revisions in wanted.items():
            there = self._index.revisions(tenant, list(revisions))
            missing = sum(1 for key, revision in revisions.items() if there.get(key, revision - 1) < revision)
            if missing:
                raise SearchIndexError(f"{missing} of {len(revisions)} documents written were not there when read back")
