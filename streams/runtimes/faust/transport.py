"""Faust's Kafka transport, with records of the journal handed on as they were fetched: many at once.

Faust gives every record a task, an event, a queue and an acknowledgement of its own, which costs more than folding it.
Here a fetch goes to the driver whole, the driver says where each partition is read from, and offsets stored with the
group are a hint for those who look at lag. Membership, assignment and when a table is recovered stay Faust's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import faust
from aiokafka.errors import ConsumerStoppedError, KafkaError  # type: ignore[import-untyped]  # published without types
from aiokafka.structs import OffsetAndMetadata, TopicPartition  # type: ignore[import-untyped]
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

from streams.runtimes.faust.table import StateTable

# A fetch waits so long for records; an assignment that comes meanwhile waits for it.
_FETCH_SECONDS: Final = 0.25


class Reader(Protocol):
    """What the transport asks of a driver."""

    journal: str

    async def begin(self, partitions: list[int]) -> dict[int, int]:
        """Partitions are this worker's and their tables are recovered: the offset from which each is read."""

    def offer(self, partition: int, records: list[Any]) -> None:
        """The next records of a partition."""

    async def room(self) -> None:
        """Returns when more records may be offered."""


class JournalConsumer(Consumer):
    """Reads the journal for a driver, and changelogs for Faust's tables."""

    def on_init(self) -> None:
        super().on_init()
        self._fetching = asyncio.Lock()

    @property
    def _reader(self) -> Reader:
        return cast(JournalTransport, self.transport).reader

    async def perform_seek(self) -> None:
        """Tables are recovered: each partition of the journal is read from where the driver says."""
        reader = self._reader
        mine = sorted(tp.partition for tp in self.assignment() if tp.topic == reader.journal)
        # The next rebalance gives this up at once; the driver ends it first, for it has written then.
        await self.read_from(await asyncio.shield(reader.begin(mine)))

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """An assignment is recovered by itself: that the one before it was recovered tells nothing.

        A fetch that is under way ends first. It would bring rows from where this recovery is to begin, and be passed
        over for the flow that was stopped meanwhile: recovery would wait for those rows for ever, or go on behind them.
        """
        cast(TableManager, self.app.tables).recovery.signal_recovery_end.clear()
        async with self._fetching:
            await super().on_partitions_assigned(assigned, generation_id)

    async def read_from(self, offsets: dict[int, int]) -> None:
        """Reads partitions of the journal from these offsets on."""
        if offsets:
            journal = self._reader.journal
            await self.seek_wait({TP(journal, partition): offset for partition, offset in offsets.items()})

    async def store_hint(self, offsets: dict[int, int]) -> None:
        """Stores with the group how far partitions of the journal are folded. That this fails costs nothing."""
        journal, thread = self._reader.journal, self._thread
        said = {TopicPartition(journal, partition): OffsetAndMetadata(at, "") for partition, at in offsets.items()}
        try:
            await thread.call_thread(thread._ensure_consumer().commit, said)  # noqa: SLF001
        except (KafkaError, ConsumerStoppedError) as error:
            self.log.info("offsets were not stored: %r", error)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust looks for records that its streams do not take; here none pass through them."""

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001 - what Faust itself asks
                await self._drain_one_fetch()
        except ConsumerStoppedError:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _drain_one_fetch(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        async with self._fetching:
            # An assignment stops the flow, and whatever comes of it begins after this fetch.
            active = set(self._get_active_partitions()) if self.flow_active else set()
            if active:
                self._hand_on(await self._getmany(active, _FETCH_SECONDS))
        if active:
            await self.wait_first(self._reader.room(), self.suspend_flow.wait())
        elif self.flow_active:
            await self.sleep(_FETCH_SECONDS)

    def _hand_on(self, records: Mapping[TP, list[Any]]) -> None:
        """To the driver, or back into the table while that is recovered."""
        if not self.flow_active:
            # The flow was stopped for an assignment: all of this is read again, from where that begins.
            return
        recovering = cast(TableManager, self.app.tables).recovery.in_recovery
        for tp, found in records.items():
            if tp.topic == self._reader.journal:
                self._reader.offer(tp.partition, found)
            elif recovering:
                self._recover(tp, found)

    def _recover(self, tp: TP, records: list[Any]) -> None:
        """Rows of a changelog on the way back into their table, which Faust would take one by one."""
        recovery = cast(TableManager, self.app.tables).recovery
        if tp not in recovery.active_tps:
            return
        known = recovery.active_offsets.get(tp)
        news = [record for record in records if known is None or record.offset > known]
        if news:
            table = cast(StateTable, recovery.tp_to_table[tp])
            table.recover(tp.partition, [(record.key, record.value) for record in news], news[-1].offset)
            recovery.active_offsets[tp] = news[-1].offset
        if recovery.in_recovery and not recovery.need_recovery():
            recovery._set_recovery_ended()  # noqa: SLF001 - as Faust's own task does
            recovery.signal_recovery_end.set()


class JournalTransport(Transport):
    """Faust's transport with that consumer."""

    Consumer = JournalConsumer
    reader: Reader


def use_journal_transport(app: faust.App, reader: Reader) -> None:
    """Lets the app read through this transport, for this driver."""
    transport = JournalTransport(app.conf.broker_consumer, app)
    transport.reader = reader
    app.transport = transport
