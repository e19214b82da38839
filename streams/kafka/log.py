"""The journal on Kafka, as the contract of every log has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.event import Event
from streams.kafka.address import Address
from streams.kafka.appending import PartitionBatch
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.client import DELIVERY_SECONDS, consumer
from streams.kafka.journal import PartitionWriter
from streams.kafka.journal_reader import JournalReader
from streams.kafka.letters import letters_of
from streams.kafka.said import encode_letter
from streams.kafka.sending import Sender
from streams.kafka.standing import Standing
from streams.kafka.topics import require_topics
from streams.log import Letter, Written
from streams.partition import partition_of
from streams.seen_ids import Entry, Verdict


def machine_now() -> int:
    """The machine's time."""
    return time.time_ns() // 1000


class KafkaLog:
    """Implements the log contract on the topics of an address. Reading needs nothing else and disturbs nobody.

    The first append to a partition makes this log its writer: it begins an epoch, and another writer's records hold no
    more. An append is on disk at the broker, in every in-sync copy, when its block ends; one that was not confirmed
    raises WriteFailed, and then a first part of it, tenant by tenant, may be in the journal: what is sent again is
    recognised by its ids. Raises Fenced where another writer took over. `folder` keeps checkpoints; without one, each
    process reads a partition in full before it writes. While no broker answers, a write waits for `patience_seconds`.
    """

    def __init__(
        self,
        address: Address,
        folder: Path | None = None,
        clock: Callable[[], int] = machine_now,
        patience_seconds: float = DELIVERY_SECONDS,
    ) -> None:
        """Raises TopicsDiffer where topics are missing, BrokerUnreachable."""
        self.address = address
        self._folder = folder
        self._clock = clock
        self.patience_seconds = patience_seconds
        self._patient_until = 0.0
        self.partitions = require_topics(address)
        self._lock = threading.RLock()
        self._reader = JournalReader(address, self.partitions)
        self._consumer = consumer(address)
        self._sender: Sender | None = None
        self._writers: dict[int, PartitionWriter] = {}

    @contextmanager
    def appending(self) -> Iterator[_KafkaAppending]:
        with self._lock:
            appending = _KafkaAppending(self)
            yield appending
            try:
                appending.write()
            except BaseException:
                # What is in the topics is not known any more: it is read again before anything is written.
                self._let_go()
                raise

    def tenants(self) -> Sequence[str]:
        return self._reader.tenants()

    def end(self, tenant: str) -> int:
        writer = self._writers.get(partition_of(tenant, self.partitions))
        return self._reader.end(tenant) if writer is None else writer.standing.end(tenant)

    def read(self, tenant: str, after: int, limit: int) -> list[Event]:
        return self._reader.read(tenant, after, limit)

    def refusals(self, tenant: str) -> list[Event]:
        return self._reader.refusals(tenant)

    def letters(self, tenant: str, limit: int = 1_000_000) -> list[Letter]:
        found = [kept.letter for kept in letters_of(self.address, tenant).values()]
        return sorted(found, key=lambda letter: letter.kept_at)[:limit]

    def letter(self, tenant: str, letter: str) -> Letter | None:
        kept = letters_of(self.address, tenant).get(letter)
        return None if kept is None else kept.letter

    def mark_redriven(self, tenant: str, letter: str, at: int) -> None:
        kept = letters_of(self.address, tenant).get(letter)
        if kept is None:
            return
        partition = partition_of(tenant, self.partitions)
        marked = kept.letter._replace(redriven_at=at)
        with self._lock:
            sender = self.sender()
            value = encode_letter(marked, sealed=kept.sealed)
            sender.send(self.address.topic("dead-letters"), partition, tenant.encode(), value, [])
            spans = sender.confirm()
            writer = self._writers.get(partition)
            if writer is not None:
                with writer.standing.changing():
                    before = writer.standing.letter(letter)
                    writer.standing.kept(marked, {} if before is None else before.counted)
                    writer.confirmed_letters(spans)

    def close(self) -> None:
        with self._lock:
            self._let_go()
            self._consumer.close()
            self._reader.close()

    def writer(self, partition: int) -> PartitionWriter:
        """This log's writer of a partition, which it is from now on. Raises RecordsLost, JournalGap, WriteFailed."""
        found = self._writers.get(partition)
        if found is None:
            name = f"{self.address.prefix}partition-{partition:04}"
            checkpoint = Checkpoint.open(None if self._folder is None else self._folder / name)
            standing = Standing(checkpoint, self.partitions)
            try:
                found = PartitionWriter(self.address, partition, standing, self._clock)
                for _ in found.opening(self._consumer, self.sender()):
                    pass
            except BaseException:
                standing.close()
                raise
            self._writers[partition] = found
        return found

    def sender(self) -> Sender:
        """What this log writes with, for as long as its patience lasts from now on."""
        self._patient_until = time.monotonic() + self.patience_seconds
        if self._sender is None:
            self._sender = Sender(self.address, lambda: time.monotonic() > self._patient_until)
        return self._sender

    def _let_go(self) -> None:
        for writer in self._writers.values():
            writer.standing.close()
        self._writers.clear()
        if self._sender is not None:
            self._sender.close()
            self._sender = None


class _KafkaAppending:
    """What one append is to write, by partition; all of it is kept here until its block ends."""

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._batches: dict[int, PartitionBatch] = {}

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        for batch, places in self._shared(entries):
            found = batch.verdicts([entries[place] for place in places])
            verdicts.update(zip(places, found, strict=True))
        return [verdicts[place] for place in range(len(entries))]

    def append(self, records: Sequence[Written]) -> None:
        tenants: dict[str, list[Written]] = {}
        for record in records:
            tenants.setdefault(record[0], []).append(record)
        for tenant, its in tenants.items():
            self._batch(tenant).append(tenant, its)

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        for batch, places in self._shared(entries):
            batch.remember([entries[place] for place in places], recorded_at, usage=usage)

    def keep(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            self._batch(letter.tenant).keep(letter)

    def write(self) -> None:
        """Sends everything, the letters first: a record in the journal is final, and its letter must not be missing.

        Raises WriteFailed, Fenced.
        """
        sender = self._log.sender()
        for batch in self._batches.values():
            batch.send_letters(sender)
        letters = sender.confirm()
        for batch in self._batches.values():
            batch.send(sender)
        journal = sender.confirm()
        for batch in self._batches.values():
            batch.confirm(letters, journal)

    def _batch(self, tenant: str) -> PartitionBatch:
        partition = partition_of(tenant, self._log.partitions)
        batch = self._batches.get(partition)
        if batch is None:
            batch = self._batches[partition] = PartitionBatch(self._log.address, self._log.writer(partition))
        return batch

    def _shared(self, entries: Sequence[Entry]) -> list[tuple[PartitionBatch, list[int]]]:
        """Each partition's batch, and the places of the entries that belong to it."""
        places: dict[int, list[int]] = {}
        for place, entry in enumerate(entries):
            places.setdefault(partition_of(entry[0], self._log.partitions), []).append(place)
        return [(self._batch(entries[found[0]][0]), found) for found in places.values()]
