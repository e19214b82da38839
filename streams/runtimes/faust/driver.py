"""Drives the folds of the partitions that this worker has: records in, what they say out, rows saved.

A round folds what has come, says it, writes the rows to the changelog, and when all of that is confirmed writes the
headers; when those are confirmed the local table follows. So the table never knows more than the changelog, and a
worker may die anywhere. Nothing outlives a round: a rebalance waits for it, and everything is loaded again after.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from processors.contract import Processor
from streams.engine import MOST_CELLS
from streams.failpoint import failpoint
from streams.kafka.address import Address
from streams.kafka.ahead import Ahead, look_ahead, look_around
from streams.kafka.failures import KafkaFailed, RecordsLost
from streams.kafka.outputs import Outputs
from streams.kafka.ranges import require_held
from streams.kafka.state_topic import state_ends
from streams.partition_fold import Outcome
from streams.runtimes.faust.partition import OpenPartition
from streams.runtimes.faust.table import StateTable
from streams.table_store import Change

# A round takes this many records, or what has come within so long: the more, the more often a cell that is saved once
# was changed twice. It takes fewer where folding so many lasted longer than a second: a rebalance waits for a round.
MOST_RECORDS: Final = 8_000
LEAST_RECORDS: Final = 1_000
ROUND_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.02
MOST_WAITING: Final = 32_000
GENERATION: Final = 0
# A record that the journal holds and that does not come for so long, though it was asked for, is lost.
MISSING_SECONDS: Final = 60.0
_HINT_SECONDS: Final = 0.5

_log = logging.getLogger("millrace.worker")


class PartitionTaken(KafkaFailed):
    """Another worker may have what this one thinks it has; it ends, and its next life begins from what is saved."""

    def __init__(self, partition: int, why: str) -> None:
        super().__init__(f"partition {partition} may be folded by another worker, too ({why}): this one starts again")


class Driver:
    """The reader of a worker's transport. `read_from` and `store_hint` are the transport's; `on_begun` is told once."""

    def __init__(
        self,
        address: Address,
        catalog: Sequence[Processor[Any]],
        table: Callable[[], StateTable],
        session_seconds: float,
    ) -> None:
        self.journal = address.topic("journal")
        self.read_from: Callable[[dict[int, int]], Awaitable[None]]
        self.store_hint: Callable[[dict[int, int]], Awaitable[None]]
        self.on_begun: Callable[[], None] = lambda: None
        self.on_stopped: Callable[[int, str], None] = lambda _partition, _why: None
        self._address = address
        self._catalog = catalog
        self._table = table
        self._session_seconds = session_seconds
        self._outputs = Outputs(address, lambda: self._ended)
        self._partitions: dict[int, OpenPartition] = {}
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._space = asyncio.Event()
        self._waiting = 0
        # As few as it may be, until it is known how long they take here: a first round that lasts longer than the
        # session does ends the worker, and its next life would begin with the same round.
        self._at_once = LEAST_RECORDS
        self._missing: set[int] = set()
        self._asked_at: dict[int, float] = {}
        self._ahead: dict[int, Ahead] = {}
        self._hinted: dict[int, int] = {}
        self._hint_at = 0.0
        self._ended = False
        self.failure: BaseException | None = None
        self._space.set()

    async def look_around(self, group: str) -> None:
        """Looks ahead in every partition that the group reads: what a member has still to look at, others wait for."""
        self._ahead = await asyncio.to_thread(look_around, self._address, group)

    async def begin(self, partitions: list[int]) -> dict[int, int]:
        """Opens the folds of these partitions from what is saved; the offsets from which to read."""
        try:
            async with self._lock:
                return await self._begin(partitions)
        except Exception as error:  # noqa: BLE001 - whatever it is, this worker folds nothing
            self.fail(error)
            return {}

    async def _begin(self, partitions: list[int]) -> dict[int, int]:
        self._drop()
        most_cells = MOST_CELLS // max(1, len(partitions))
        table = self._table()
        opened = {number: OpenPartition(number, table.rows(number), self._catalog, most_cells) for number in partitions}
        loop = asyncio.get_running_loop()
        offsets = {number: partition.place.offset for number, partition in opened.items()}
        claims: dict[int, list[Change]] = {}
        # A partition that stays this worker's is not read to its end again: all workers stand still meanwhile.
        self._ahead = await loop.run_in_executor(None, look_ahead, self._address, offsets, self._ahead)
        ends = await loop.run_in_executor(None, state_ends, self._address, partitions)
        for number, partition in opened.items():
            if ends[number] != partition.rows.end + 1:
                raise PartitionTaken(number, f"its rows end at {ends[number]}, and {partition.rows.end} is known")
            for event in self._ahead[number].refusals(partition.place):
                partition.fold.collect(event)
            # What a replaced writer said last is said again as it is; then nothing of it counts any more.
            lost = table.passed_over.pop(number, {})
            claims[number] = [partition.store.claim(), *((key, partition.rows.get(key)) for key in lost)]
            self._outputs.save(number, claims[number])
        await self._settle()
        for number, partition in opened.items():
            partition.rows.write(claims[number], self._confirmed(partition))
        self._partitions = opened
        self._hinted = {number: partition.place.offset for number, partition in opened.items()}
        await self.store_hint(dict(self._hinted))
        self.on_begun()
        _log.info("partitions %s are this worker's", partitions)
        return {number: partition.next_offset for number, partition in opened.items()}

    async def let_go(self) -> None:
        """The partitions are this worker's no longer; what is under way is finished first."""
        async with self._lock:
            self._drop()

    def offer(self, partition: int, records: list[Any]) -> None:
        """The next records of a partition; of one that is not this worker's they are passed over."""
        mine = self._partitions.get(partition)
        if mine is None or self.failure is not None:
            return
        was_rewinding = mine.rewinding
        self._waiting += mine.offer(records)
        if mine.rewinding and not was_rewinding:
            self._missing.add(partition)
        self._news.set()
        if self._waiting >= MOST_WAITING:
            self._space.clear()

    async def room(self) -> None:
        """Returns when more records may be offered."""
        await self._space.wait()

    async def run(self) -> None:
        """Folds what comes, until told to end or something goes wrong (`failure`)."""
        try:
            while not self._ended:
                await self._gather()
                async with self._lock:
                    await self._read_missing()
                    await self._round()
                await self._hint()
        except Exception as error:  # noqa: BLE001 - whatever it is, this worker folds nothing more
            self.fail(error)

    async def end(self) -> None:
        """Finishes the round that is under way, and begins no other."""
        self._ended = True
        self._news.set()
        async with self._lock:
            self._drop()
        self._outputs.close()

    def fail(self, error: BaseException) -> None:
        """Nothing is folded any more; whoever runs the worker looks at `failure`."""
        self.failure = self.failure or error
        self._ended = True
        self._news.set()

    def _drop(self) -> None:
        self._partitions = {}
        self._missing.clear()
        self._waiting = 0
        self._space.set()

    async def _gather(self) -> None:
        """Waits for records, and then a little for more."""
        if not self._waiting:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), _HINT_SECONDS)
            except TimeoutError:
                return
        if self._waiting < self._at_once:
            await asyncio.sleep(GATHER_SECONDS)

    async def _read_missing(self) -> None:
        """Reads again what a fetch did not bring. Raises RecordsLost where the journal does not give it any more."""
        wanted = {number: self._partitions[number].next_offset for number in self._missing & self._partitions.keys()}
        self._missing.clear()
        if wanted:
            await asyncio.get_running_loop().run_in_executor(None, require_held, self._address, self.journal, wanted)
            await self.read_from(wanted)
        now = time.monotonic()
        rewinding = {number: partition for number, partition in self._partitions.items() if partition.rewinding}
        self._asked_at = {number: self._asked_at.get(number, now) for number in rewinding}
        for number, at in self._asked_at.items():
            if now - at > MISSING_SECONDS:
                lacking = rewinding[number].next_offset
                raise RecordsLost(self.journal, number, lacking, lacking + 1, lacking + 1)

    async def _round(self) -> None:
        began = time.monotonic()
        folded, outcomes = _folded(self._partitions.values(), self._at_once)
        self._waiting -= folded
        if folded == self._at_once:
            within = int(folded * ROUND_SECONDS / (time.monotonic() - began))
            self._at_once = min(MOST_RECORDS, max(LEAST_RECORDS, within))
        if self._waiting < MOST_WAITING:
            self._space.set()
        if outcomes:
            await self._save(outcomes, began)
            await self._follow(outcomes)

    async def _save(self, outcomes: Sequence[tuple[OpenPartition, Outcome]], began: float) -> None:
        outputs = self._outputs
        written = []
        for partition, outcome in outcomes:
            outputs.say(partition.number, outcome, GENERATION)
            if outcome.batches:
                changes = [partition.store.changes(batch) for batch in outcome.batches]
                rows = [change for each in changes for change in each.rows]
                headers = [each.header for each in changes]
                headers.append(partition.store.placed(partition.place.offset, partition.place.carried))
                outputs.save(partition.number, rows)
                written.append((partition, outcome, rows, headers))
        failpoint("folding")
        await self._settle()
        failpoint("folded")
        for partition, _, _, headers in written:
            if time.monotonic() - began > 2 / 3 * self._session_seconds:
                raise PartitionTaken(partition.number, "a round took so long that it may be")
            outputs.save(partition.number, headers)
        await self._settle()
        for partition, outcome, rows, headers in written:
            partition.rows.write([*rows, *headers], self._confirmed(partition))
            for batch in outcome.batches:
                partition.store.saved(batch)
            partition.engine.rest()

    async def _follow(self, outcomes: Sequence[tuple[OpenPartition, Outcome]]) -> None:
        for partition, outcome in outcomes:
            if outcome.stopped is not None:
                _log.error("%s", outcome.stopped)
                self.on_stopped(partition.number, str(outcome.stopped))
                partition.stopped = True
                self._waiting -= len(partition.waiting)
                partition.waiting.clear()
            elif outcome.rewind:
                self._waiting -= len(partition.waiting)
                partition.restore()
                partition.rewinding = True
                await self.read_from({partition.number: partition.place.offset})

    async def _settle(self) -> None:
        # Off the loop, so that fetching and heartbeats go on meanwhile.
        await asyncio.get_running_loop().run_in_executor(None, self._outputs.settle)

    def _confirmed(self, partition: OpenPartition) -> int:
        """The changelog's end. Raises PartitionTaken where rows stand there that this worker did not write."""
        known = partition.rows.end
        span = self._outputs.taken(partition.number)
        if span.first != known + 1 or not span.unbroken:
            raise PartitionTaken(partition.number, f"rows between {known} and {span.last} are not this worker's")
        return span.last

    async def _hint(self) -> None:
        now = time.monotonic()
        if now - self._hint_at < _HINT_SECONDS:
            return
        places = {number: partition.place.offset for number, partition in self._partitions.items()}
        news: Mapping[int, int] = {
            number: offset for number, offset in places.items() if self._hinted.get(number) != offset
        }
        self._hint_at = now
        if news:
            await self.store_hint(dict(news))
            self._hinted |= news


def _folded(partitions: Iterable[OpenPartition], most: int) -> tuple[int, list[tuple[OpenPartition, Outcome]]]:
    """Folds what waits, at most so many records; how many, and what follows.

    Each partition gets its share, and of what those with less leave over: none waits for another's backlog.
    """
    waiting = sorted([one for one in partitions if one.waiting], key=lambda one: len(one.waiting))
    folded, outcomes = 0, list[tuple[OpenPartition, Outcome]]()
    for place, partition in enumerate(waiting):
        if folded < most:
            count, outcome = partition.take(-(-(most - folded) // (len(waiting) - place)))
            folded += count
            outcomes.append((partition, outcome))
    return folded, outcomes
