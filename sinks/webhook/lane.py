"""One endpoint's lane: sends what is due there, so many at a time, and waits for nothing that concerns another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from schemas.instant import SECOND
from sinks.webhook.attempt import Postman, Reply
from sinks.webhook.circuit import Circuit
from sinks.webhook.delivery_row import Due, Finished
from sinks.webhook.endpoint import Endpoint
from sinks.webhook.schedule import meaning, retry_after, retry_delay

# Wall clocks jump; a lane looks again after this long, whatever it believes.
_LONGEST_SLEEP_SECONDS = 30.0
_SECONDS_AFTER_FAULT = 1.0
_READ_AHEAD = 256

log = structlog.get_logger("webhook")
# (endpoint key, now, most, ids already taken) -> due deliveries; (due deliveries, now) -> what to send of each, if
# anything; (endpoint key, now) -> next instant
FindDue = Callable[[tuple[str, str], int, int, list[str]], Awaitable[list[Due]]]
Begin = Callable[[Sequence[Due], int], Awaitable[list[Due | None]]]
FindNext = Callable[[tuple[str, str], int], Awaitable[int | None]]


class Lane:
    """Lives on the worker's loop; only `run` waits. `finish` is told of each attempt and answers with `recorded`."""

    def __init__(
        self,
        endpoint: Endpoint,
        circuit: Circuit,
        postman: Postman,
        concurrency: int,
        clock: Callable[[], int],
        finish: Callable[[Lane, Finished], None],
    ) -> None:
        self.endpoint = endpoint
        self.circuit = circuit
        self.paused = False
        self._postman = postman
        self._concurrency = concurrency
        self._clock = clock
        self._finish = finish
        self._wake = asyncio.Event()
        self._ready: deque[Due] = deque()
        # From being read until the outcome is in the log: what is in here is not read again.
        self._taken: dict[str, None] = {}
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._asked = 0
        self._answered = -1

    def wake(self) -> None:
        """Something is new: look again."""
        self._asked += 1
        self._wake.set()

    def refresh(self) -> None:
        """Something was taken back: forget what was read ahead and look again."""
        for due in self._ready:
            del self._taken[due.webhook_id]
        self._ready.clear()
        self.wake()

    @property
    def settled(self) -> bool:
        """Whether all is done and recorded that could be done now."""
        return self._answered == self._asked and not self._sending and len(self._taken) == len(self._ready)

    def recorded(self, webhook_id: str) -> None:
        """The outcome of an attempt is in the log."""
        self._taken.pop(webhook_id, None)
        self.wake()

    async def run(self, find_due: FindDue, begin: Begin, find_next: FindNext) -> None:
        """Sends until cancelled; a fault of the log is waited out."""
        while True:
            self._wake.clear()
            try:
                pause_seconds = await self._advance(find_due, begin, find_next)
            except Exception:
                # Whatever the fault, the lane looks again: without it the endpoint would hear of nothing more.
                log.exception("webhook_log_unreadable", tenant=self.endpoint.tenant, endpoint=self.endpoint.id)
                pause_seconds = _SECONDS_AFTER_FAULT
            try:
                async with asyncio.timeout(pause_seconds):
                    await self._wake.wait()
            except TimeoutError:
                self._asked += 1

    async def _advance(self, find_due: FindDue, begin: Begin, find_next: FindNext) -> float:
        asked, now = self._asked, self._clock()
        if self._room(now) > 0 and not self._ready:
            for due in await find_due(self.endpoint.key, now, _READ_AHEAD, list(self._taken)):
                self._ready.append(due)
                self._taken[due.webhook_id] = None
        while self._ready and self._room(now) > 0:
            await self._begin(begin, now)
        next_due_at = None if self._ready else await find_next(self.endpoint.key, now)
        self._answered = asked
        return self._pause_seconds(now, next_due_at)

    async def _begin(self, begin: Begin, now: int) -> None:
        """Sends as much of what is ready as there is room for."""
        batch = [self._ready.popleft() for _ in range(min(self._room(now), len(self._ready)))]
        try:
            begun = await begin(batch, now)
        except BaseException:
            for due in batch:
                self._taken.pop(due.webhook_id, None)
            raise
        for wanted, message in zip(batch, begun, strict=True):
            del self._taken[wanted.webhook_id]
            if message is not None:
                self._taken[message.webhook_id] = None
                self._sending[message.webhook_id] = asyncio.create_task(self._send(message))

    def _room(self, now: int) -> int:
        return 0 if self.paused else self.circuit.room(now, self._concurrency) - len(self._sending)

    def _pause_seconds(self, now: int, next_due_at: int | None) -> float:
        open_until = self.circuit.open_until
        wanted = [instant for instant in (next_due_at, open_until) if instant is not None and instant > now]
        return min([(instant - now) / SECOND for instant in wanted] + [_LONGEST_SLEEP_SECONDS])

    async def _send(self, due: Due) -> None:
        started_at = self._clock()
        try:
            reply = await self._postman.post(self.endpoint, due, started_at)
        except asyncio.CancelledError:
            # Cut off by the end of the process: it may have arrived, and is due again at once.
            self._finish(self, Finished(due, False, started_at, None, "stopped", True, started_at))
            raise
        except Exception as error:
            # Whatever went wrong, it is a failed attempt, and the other deliveries go on.
            log.exception("webhook_attempt_broke", webhook_id=due.webhook_id, endpoint=self.endpoint.id)
            reply = Reply(None, f"fault: {type(error).__name__}", unsure=True)
        finally:
            del self._sending[due.webhook_id]
        finished = self._judge(due, reply, started_at)
        self._report(finished)
        self._finish(self, finished)
        self.wake()

    def _judge(self, due: Due, reply: Reply, started_at: int) -> Finished:
        now = self._clock()
        said = "failed" if reply.status is None else meaning(reply.status)
        next_due_at: int | None = None
        if said == "delivered":
            self.circuit = self.circuit.succeeded()
        elif said == "gone":
            self.circuit = self.circuit.failed(now).disabled("gone")
        else:
            wait = retry_after(reply.retry_after, now) if said == "throttled" else 0
            self.circuit = self.circuit.failed(now, wait)
            delay = retry_delay("/".join(due.identity), due.attempts + 1)
            next_due_at = None if delay is None else now + max(delay, wait)
        delivered = said == "delivered"
        return Finished(due, delivered, started_at, reply.status, reply.reason, reply.unsure, next_due_at)

    def _report(self, finished: Finished) -> None:
        told = {"tenant": self.endpoint.tenant, "endpoint": self.endpoint.id, "webhook_id": finished.due.webhook_id}
        attempt = finished.due.attempts + 1
        if finished.delivered:
            log.debug("webhook_delivered", **told, attempt=attempt, status=finished.status)
            return
        again = finished.next_due_at is not None
        log.warning("webhook_failed", **told, attempt=attempt, reason=finished.reason, will_retry=again)
        if self.circuit.disabled_reason is not None:
            log.error("webhook_endpoint_disabled", **told, reason=self.circuit.disabled_reason)

    async def close(self, grace_seconds: float) -> None:
        """Lets attempts under way end for a while, then cuts them off; they stay due."""
        under_way = list(self._sending.values())
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._postman.close()
