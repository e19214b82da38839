"""Group commit: requests that come while one batch is on its way to the disk go together in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, get_args

from infra.http.problems import Problem
from infra.service import Service
from streams.sequencer import Status, Taken

MOST_RECORDS = 2_000
MOST_WAITING_BYTES = 128 << 20


def counted(taken: Sequence[Taken]) -> dict[str, int]:
    """How many records became what."""
    counts: dict[str, int] = dict.fromkeys(get_args(Status), 0)
    for one in taken:
        counts[one.status] += 1
    return counts


class _Waiting(NamedTuple):
    tenant: str
    raws: Sequence[bytes]
    origin: str
    backfill: bool
    traceparent: str | None
    answer: asyncio.Future[list[Taken]]


class Door:
    """Takes records for one event loop; every caller hears of its own once they are durable."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._waiting_bytes = 0

    async def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str,
        backfill: bool = False,
        traceparent: str | None = None,
    ) -> list[Taken]:
        """What became of each record, in order, durable where accepted. Raises Problem where too many wait."""
        size = sum(map(len, raws))
        if self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise Problem(429, "too much at once", "more waits to be written than can be held; try again in a second")
        answer: asyncio.Future[list[Taken]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(tenant, raws, origin, backfill, traceparent, answer))
        self._waiting_bytes += size
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        try:
            return await answer
        finally:
            self._waiting_bytes -= size

    async def _drain(self) -> None:
        while self._waiting:
            group = self._next_group()
            first = group[0]
            raws = [raw for one in group for raw in one.raws]
            traces = [one.traceparent for one in group for _ in one.raws]
            try:
                taken = await asyncio.to_thread(
                    self._service.take,
                    first.tenant,
                    raws,
                    origin=first.origin,
                    backfill=first.backfill,
                    traces=traces if any(traces) else (),
                )
            except BaseException as error:  # noqa: BLE001 - each caller must hear that nothing was taken
                for one in group:
                    if not one.answer.done():
                        one.answer.set_exception(error)
                continue
            for one in group:
                mine, taken = taken[: len(one.raws)], taken[len(one.raws) :]
                if not one.answer.done():
                    one.answer.set_result(mine)

    def _next_group(self) -> list[_Waiting]:
        """Requests of the first one's tenant and origin, in order, up to a batch."""
        first = self._waiting[0]
        group: list[_Waiting] = []
        rest: list[_Waiting] = []
        records = 0
        for one in self._waiting:
            alike = one[0] == first.tenant and one.origin == first.origin and one.backfill == first.backfill
            if alike and (not group or records + len(one.raws) <= MOST_RECORDS):
                group.append(one)
                records += len(one.raws)
            else:
                rest.append(one)
        self._waiting = rest
        return group
