"""How do statements reach a sink? A thread carries on from where the sink stands whatever has gathered."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sinks.feed import Feed

MOST_ROWS = 50_000
_CHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker writes, and how long it waits after a failure, doubling from the first wait to the longest.

    A batch that was not full is followed by a pause: so many times as long as writing it took, within bounds. For a
    sink whose cost is by the batch and not by the row, load then makes batches larger instead of more.
    """

    rows: int = MOST_ROWS
    pause_seconds: float = 0.5
    longest_pause_seconds: float = 2.5
    pause_per_writing: float = 10.0
    first_retry_seconds: float = 0.1
    longest_retry_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """How a worker is doing. `failures` counts tries in a row; `error` is the last one's, None when all is well."""

    sink: str
    alive: bool
    position: int
    batches: int
    rows: int
    refused: int
    failures: int
    error: str | None


class SinkWorker:
    """Keeps one sink up to date with its source, at least once, in order, from a thread of its own.

    A batch holds what gathered since the last one, at most `Pace.rows`. After an idle time the first statement goes at
    once; then there are no more than two small batches a second. Every error is retried until it is over.
    """

    def __init__(self, feed: Feed, wake: threading.Event, pace: Pace | None = None) -> None:
        """`wake` is set when there are new statements."""
        self._feed = feed
        self._wake = wake
        self._pace = pace or Pace()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._draining = 0
        self._reads_begun = 0
        self._last_empty_read = -1
        self._position: int | None = None
        self._batches = self._rows = self._refusals = self._failures = 0
        self._error: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"sink-{feed.name}", daemon=True)

    def start(self) -> None:
        """Begins after the sink's position."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Ends after the batch in hand; what is not written yet is written after the next start."""
        self._stopping.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout_seconds)

    def drain(self, timeout_seconds: float) -> bool:
        """Waits until all that the source held when this was called is written; False when the time ran out first."""
        until = time.monotonic() + timeout_seconds
        with self._changed:
            self._draining += 1
            begun = self._reads_begun
            self._changed.notify_all()
            self._wake.set()
            try:
                while self._last_empty_read <= begun:
                    left = until - time.monotonic()
                    if left <= 0 or not self._thread.is_alive():
                        return False
                    self._changed.wait(min(left, _CHECK_SECONDS))
                return True
            finally:
                self._draining -= 1

    def health(self) -> WorkerHealth:
        """How it is doing now."""
        with self._changed:
            return WorkerHealth(
                self._feed.name,
                self._thread.is_alive(),
                -1 if self._position is None else self._position,
                self._batches,
                self._rows,
                self._refusals,
                self._failures,
                self._error,
            )

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                found = self._round()
            except Exception as error:  # noqa: BLE001 - whatever it is: it is told, and tried again
                self._failed(error)
                continue
            if found == 0:
                self._wake.wait(_CHECK_SECONDS)
            elif found < self._pace.rows:
                self._rest(began)

    def _round(self) -> int:
        """Carries one batch; returns how many statements it read."""
        if self._position is None:
            self._position = self._feed.position()
        with self._changed:
            self._reads_begun += 1
            read = self._reads_begun
        self._wake.clear()
        carried = self._feed.carry(self._position, self._pace.rows)
        with self._changed:
            if carried is None:
                self._last_empty_read = read
            else:
                self._position = carried.token
                self._batches += 1
                self._rows += carried.written
                self._refusals += carried.refused
            self._failures, self._error = 0, None
            self._changed.notify_all()
        return 0 if carried is None else carried.read

    def _rest(self, began: float) -> None:
        pace = self._pace
        wanted = pace.pause_per_writing * (time.monotonic() - began)
        until = began + max(pace.pause_seconds, min(wanted, pace.longest_pause_seconds))
        with self._changed:
            while not self._stopping.is_set() and not self._draining:
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    def _failed(self, error: Exception) -> None:
        with self._changed:
            self._failures += 1
            self._error = f"{type(error).__name__}: {error}"
            wait = self._pace.first_retry_seconds * 2 ** min(self._failures - 1, 30)
        self._stopping.wait(min(wait, self._pace.longest_retry_seconds))
