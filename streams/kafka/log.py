"""The journal on Kafka, as the contract of every log has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.decode import decode, encode
from schemas.event import Event
from streams.failures import JournalGap
from streams.kafka.address import Address
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.client import DELIVERY_SECONDS, consumer
from streams.kafka.journal import Outgoing, PartitionWriter
from streams.kafka.journal_reader import JournalReader
from streams.kafka.letters import letters_of
from streams.kafka.said import encode_letter
from streams.kafka.sending import Sender, Span
from streams.kafka.standing import Standing
from streams.kafka.topics import require_topics
from streams.log import Letter, Written
from streams.partition import partition_of
from streams.seen_ids import Entry, Verdict

Remembered = tuple[Entry, int, bool]  # an id, when its record was taken, and whether that was of usage
_Id = tuple[str, str, str]  # tenant, source, id


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
        self._address = address
        self._folder = folder
        self._clock = clock
        self._patience_seconds = patience_seconds
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
            if not appending.is_empty:
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
        found = [kept.letter for kept in letters_of(self._address, tenant).values()]
        return sorted(found, key=lambda letter: (letter.kept_at, letter.letter))[:limit]

    def letter(self, tenant: str, letter: str) -> Letter | None:
        kept = letters_of(self._address, tenant).get(letter)
        return None if kept is None else kept.letter

    def mark_redriven(self, tenant: str, letter: str, at: int) -> None:
        kept = letters_of(self._address, tenant).get(letter)
        if kept is None:
            return
        with self._lock:
            partition = partition_of(tenant, self.partitions)
            marked = kept.letter._replace(redriven_at=at)
            value = encode_letter(marked, sealed=kept.sealed)
            spans = self.sent([(self._address.topic("dead-letters"), partition, tenant, value)])
            writer = self._writers.get(partition)
            if writer is not None:
                with writer.standing.changing():
                    kept_letter(writer.standing, marked)
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
            name = f"{self._address.prefix}partition-{partition:04}"
            checkpoint = Checkpoint.open(None if self._folder is None else self._folder / name)
            standing = Standing(checkpoint, self.partitions)
            try:
                found = PartitionWriter(self._address, partition, standing, self._clock)
                for _ in found.opening(self._consumer, self.sender()):
                    pass
            except BaseException:
                standing.close()
                raise
            self._writers[partition] = found
        return found

    def sender(self) -> Sender:
        """What this log writes with, for as long as its patience lasts from now on."""
        self._patient_until = time.monotonic() + self._patience_seconds
        if self._sender is None:
            self._sender = Sender(self._address, lambda: time.monotonic() > self._patient_until)
        return self._sender

    def sent(self, messages: Sequence[tuple[str, int, str, bytes]]) -> Mapping[tuple[str, int], Span]:
        """Sends (topic, partition, tenant, value) each, and waits until all are confirmed. Raises WriteFailed."""
        sender = self.sender()
        for topic, partition, tenant, value in messages:
            sender.send(topic, partition, tenant.encode(), value, [])
        return sender.confirm()

    @property
    def letters_topic(self) -> str:
        return self._address.topic("dead-letters")

    def _let_go(self) -> None:
        for writer in self._writers.values():
            writer.standing.close()
        self._writers.clear()
        if self._sender is not None:
            self._sender.close()
            self._sender = None


class _KafkaAppending:
    """What one append is to write; all of it is kept here until its block ends."""

    def __init__(self, log: KafkaLog) -> None:
        self._log = log
        self._records: dict[int, list[tuple[Event, bytes]]] = {}
        self._ends: dict[str, int] = {}
        self._remembered: dict[int, dict[_Id, Remembered]] = {}
        self._letters: dict[int, dict[str, Letter]] = {}

    @property
    def is_empty(self) -> bool:
        return not (self._records or self._remembered or self._letters)

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        for partition, places in self._by_partition([entry[0] for entry in entries]).items():
            asked = [entries[place] for place in places]
            seen = self._log.writer(partition).standing.seen
            remembered = self._remembered.get(partition, {})
            verdicts.update(zip(places, seen.check(asked), strict=True))
            for place, entry in zip(places, asked, strict=True):
                known = remembered.get(entry[:3])
                if known is not None:
                    verdicts[place] = Verdict.DUPLICATE if known[0] == entry else Verdict.CONFLICT
        return [verdicts[place] for place in range(len(entries))]

    def append(self, records: Sequence[Written]) -> None:
        partitions = self._log.partitions
        for tenant, position, _, value in records:
            partition = partition_of(tenant, partitions)
            end = self._ends.get(tenant)
            if end is None:
                end = self._log.writer(partition).standing.end(tenant)
            if position != end + 1:
                raise JournalGap(tenant, end + 1, position)
            self._ends[tenant] = position
            self._records.setdefault(partition, []).append((decode(value), value))

    def remember(self, entries: Sequence[Entry], recorded_at: int, *, usage: bool) -> None:
        for entry in entries:
            remembered = self._remembered.setdefault(partition_of(entry[0], self._log.partitions), {})
            remembered[entry[:3]] = (entry, recorded_at, usage)

    def keep(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            partition = partition_of(letter.tenant, self._log.partitions)
            kept = self._letters.setdefault(partition, {})
            before = kept.get(letter.letter)
            kept[letter.letter] = (
                counted_letter(self._log.writer(partition).standing, letter)
                if before is None
                else before._replace(times=before.times + letter.times, detail=letter.detail, reason=letter.reason)
            )

    def write(self) -> None:
        """Sends everything, the letters first: a record in the journal is final, and its letter must not be missing.

        Raises WriteFailed, Fenced.
        """
        log = self._log
        letters = log.sent(
            [
                (log.letters_topic, partition, letter.tenant, encode_letter(letter))
                for partition, kept in self._letters.items()
                for letter in kept.values()
            ]
        )
        outgoing = {partition: self._outgoing(partition) for partition in self._records}
        sender = log.sender()
        for partition, records in outgoing.items():
            log.writer(partition).send(sender, records)
        spans = sender.confirm()
        for partition in sorted({*outgoing, *self._letters, *self._remembered}):
            writer = log.writer(partition)
            with writer.standing.changing():
                for letter in self._letters.get(partition, {}).values():
                    kept_letter(writer.standing, letter)
                writer.confirmed_letters(letters)
                writer.confirmed(outgoing.get(partition, ()), spans)
                for entry, recorded_at, usage in self._remembered.get(partition, {}).values():
                    writer.standing.seen.add([entry], recorded_at, is_usage=usage)

    def _outgoing(self, partition: int) -> list[Outgoing]:
        epoch = self._log.writer(partition).epoch
        stamp = b',"epoch":%d}' % epoch
        remembered = self._remembered.get(partition, {})
        outgoing = []
        for event, value in self._records[partition]:
            if event.epoch is None and event.intake is None:
                written = value[:-1] + stamp
            else:
                written = encode(event.stamped(epoch=epoch, intake=None))
            known = remembered.pop((event.tenant, event.source, event.id), None)
            outgoing.append(Outgoing(event, None if known is None else known[0], written))
        return outgoing

    def _by_partition(self, tenants: Sequence[str]) -> dict[int, list[int]]:
        places: dict[int, list[int]] = {}
        for place, tenant in enumerate(tenants):
            places.setdefault(partition_of(tenant, self._log.partitions), []).append(place)
        return places


def counted_letter(standing: Standing, letter: Letter) -> Letter:
    """A letter as it stands once it is kept again: what came first holds, but for the detail, and it is counted."""
    before = standing.letter(letter.letter)
    if before is None:
        return letter
    return letter._replace(
        where=before.where,
        event_id=before.event_id,
        kept_at=before.kept_at,
        times=before.times + letter.times,
        redriven_at=before.redriven_at,
    )


def kept_letter(standing: Standing, letter: Letter) -> None:
    """Takes over a letter that is in its topic."""
    before = standing.letter(letter.letter)
    standing.kept(letter, {} if before is None else before.counted)
