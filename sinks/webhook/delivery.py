"""The worker: a lane for each endpoint, and one writer that records what their attempts came to."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import structlog

from sinks.webhook.attempt import Postman
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import Finished
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.lane import Lane
from sinks.webhook.outbox import Outbox
from sinks.webhook.owing import Key

_TIDY_SECONDS = 3600.0
_SECONDS_AFTER_FAULT = 1.0
_SETTLE_POLL_SECONDS = 0.002

log = structlog.get_logger("webhook")
P = ParamSpec("P")
T = TypeVar("T")


class Delivery:
    """Runs lanes on one loop. The log is touched on one thread of its own: a slow disk does not stop the sockets."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], int],
        postman: Callable[[], Postman],
        concurrency: int,
        grace_seconds: float,
        look_seconds: float,
        failpoint: Callable[[str], None],
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._new_postman = postman
        self._concurrency = concurrency
        self._grace_seconds = grace_seconds
        self._look_seconds = look_seconds
        self._failpoint = failpoint
        self._lanes: dict[Key, Lane] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._finished: list[tuple[Lane, Finished]] = []
        self._to_record = asyncio.Event()
        self._ending = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="webhook-log")

    async def run(self, endpoints: Mapping[Key, tuple[Endpoint, Circuit]], stop: asyncio.Event) -> None:
        """Delivers until told to stop; attempts under way get a moment to end, and every outcome is recorded."""
        recorder = asyncio.create_task(self._record_until_ended())
        looking = (asyncio.create_task(self._tidy_for_ever()), asyncio.create_task(self._notice_enabled_for_ever()))
        try:
            self.arrange(endpoints)
            await stop.wait()
        finally:
            for task in (*looking, *self._tasks):
                task.cancel()
            await asyncio.gather(*(lane.close(self._grace_seconds) for lane in self._lanes.values()))
            self._ending = True
            self._to_record.set()
            await asyncio.gather(recorder, *looking, *self._tasks, return_exceptions=True)
            self._thread.shutdown()

    def arrange(self, endpoints: Mapping[Key, tuple[Endpoint, Circuit]]) -> None:
        """Takes new settings: lanes begin, change their address or secrets, or pause when their endpoint is gone."""
        for key, (endpoint, circuit) in endpoints.items():
            lane = self._lanes.get(key)
            if lane is None:
                self._lanes[key] = self._begin(endpoint, circuit)
            else:
                if lane.endpoint.url != endpoint.url:
                    lane.circuit = circuit
                lane.endpoint = endpoint
        for key, lane in self._lanes.items():
            lane.paused = key not in endpoints or not lane.endpoint.enabled
            lane.wake()

    def _begin(self, endpoint: Endpoint, circuit: Circuit) -> Lane:
        lane = Lane(endpoint, circuit, self._new_postman(), self._concurrency, self._clock, self._finish)
        run = lane.run(
            lambda key, now, most, taken: self._on_thread(self._outbox.due, key, now, most, taken),
            lambda wanted, now: self._on_thread(
                self._outbox.begin, wanted, now, grouping=lane.endpoint.group_seconds > 0
            ),
            lambda key, now: self._on_thread(self._outbox.next_due_at, key, now),
        )
        self._tasks.append(asyncio.create_task(run))
        return lane

    def wake(self, keys: list[Key]) -> None:
        """Tells lanes that their endpoints are owed something new."""
        for key in keys:
            lane = self._lanes.get(key)
            if lane is not None:
                lane.wake()

    def refresh(self) -> None:
        """Tells every lane that something was taken back."""
        for lane in self._lanes.values():
            lane.refresh()

    def enabled(self, key: Key) -> None:
        """An endpoint was enabled again."""
        lane = self._lanes.get(key)
        if lane is not None:
            lane.circuit = Circuit()
            lane.wake()

    async def drained(self) -> None:
        """Returns once nothing is due now anywhere and every outcome is in the log."""
        for lane in self._lanes.values():
            lane.wake()
        while not all(lane.settled for lane in self._lanes.values()):  # noqa: ASYNC110 - many lanes, no one event
            await asyncio.sleep(_SETTLE_POLL_SECONDS)

    def _finish(self, lane: Lane, finished: Finished) -> None:
        self._failpoint("webhook.replied")
        self._finished.append((lane, finished))
        self._to_record.set()

    async def _record_until_ended(self) -> None:
        ending = False
        while not ending:
            await self._to_record.wait()
            ending = self._ending
            try:
                await self._record()
            except Exception:
                # Whatever the fault, the outcomes are kept and written again: without a writer nothing would end.
                log.exception("webhook_log_unwritable", waiting=len(self._finished))
                await asyncio.sleep(_SECONDS_AFTER_FAULT)

    async def _record(self) -> None:
        """Writes all that has finished since the last time in one transaction."""
        self._to_record.clear()
        batch = list(self._finished)
        if not batch:
            return
        circuits = {lane.endpoint.key: lane.circuit for lane, _ in batch}
        outcomes = [finished for _, finished in batch]
        try:
            owed = await self._on_thread(self._outbox.record, outcomes, circuits, self._clock())
        except Exception:
            self._to_record.set()
            raise
        del self._finished[: len(batch)]
        for lane, finished in batch:
            lane.recorded(finished.due.webhook_id)
            if lane.circuit.disabled_reason is not None:
                lane.refresh()
        self.wake(owed)

    async def _tidy_for_ever(self) -> None:
        while True:
            try:
                await self._on_thread(self._outbox.tidy, self._clock())
            except sqlite3.Error:
                log.exception("webhook_log_untidy")
            await asyncio.sleep(_TIDY_SECONDS)

    async def _notice_enabled_for_ever(self) -> None:
        """Another process that has this log open may be the one that is asked to enable an endpoint."""
        while True:
            await asyncio.sleep(self._look_seconds)
            off = [lane for lane in self._lanes.values() if lane.circuit.disabled_reason is not None]
            if not off:
                continue
            try:
                known = await self._on_thread(self._outbox.circuits, [lane.endpoint for lane in off])
            except sqlite3.Error:
                log.exception("webhook_log_unreadable")
                continue
            for lane in off:
                if known[lane.endpoint.key].disabled_reason is None:
                    self.enabled(lane.endpoint.key)

    async def _on_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
