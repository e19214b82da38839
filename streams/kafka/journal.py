"""The fenced writer of one partition of the journal: it begins an epoch, and notices when another one has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from uuid import uuid4
from zlib import crc32

from confluent_kafka import Consumer

from schemas.event import Event
from streams.carriage import WRITER_BEGAN, Beginning, encode_beginning
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.failures import KafkaFailed, RecordsLost
from streams.kafka.ranges import available
from streams.kafka.ranges import records as records_between
from streams.kafka.record import headers_of_event
from streams.kafka.sending import Sender, Span
from streams.kafka.standing import Lying, Recorded, Standing

Clock = Callable[[], int]
Outgoing = Recorded
Spans = Mapping[tuple[str, int], Span]

_AT_ONCE = 5_000
_NOTHING: Mapping[str, int] = {}


class Fenced(KafkaFailed):
    """Another writer has begun on the partition, or wrote into it: what was written since may not hold."""

    def __init__(self, topic: str, partition: int) -> None:
        super().__init__(
            f"{topic}/{partition}: another process writes it, too: what was sent last may not be in the journal; stop "
            "one of the two, and send it again"
        )


class PartitionWriter:
    """Writes one partition, once `opening` is through; `standing` is all that is known of it, and is kept by it.

    `proving` is given the events that `opening` reads, and raises where nothing may be written beside them.
    """

    def __init__(
        self,
        address: Address,
        partition: int,
        standing: Standing,
        clock: Clock,
        proving: Callable[[Sequence[Event]], None] = lambda _: None,
    ) -> None:
        self.partition = partition
        self.standing = standing
        self.epoch = 0
        self._journal = address.topic("journal")
        self._letters = address.topic("dead-letters")
        self._clock = clock
        self._proving = proving

    def opening(self, reader: Consumer, sender: Sender) -> Iterator[tuple[int, int]]:
        """Reads what stands in the partition and begins an epoch above it, a bit at a time: (read, to be read).

        Reader and sender are this iterator's alone between two of its steps. Raises RecordsLost, JournalGap,
        FoldBroken, or what `proving` raises, where the partition cannot be written.
        """
        self.epoch = 0
        if not self._anchored(reader):
            self.standing.begin_anew()
        end = available(reader, self._journal, self.partition, self.standing.next_offset)
        yield from self._read_journal(reader, end)
        while not self.epoch:
            yield from self._begin(reader, sender)
        yield from self._read_letters(reader)

    def send(self, sender: Sender, records: Sequence[Recorded]) -> None:
        """Hands records on, in order; they hold once `confirmed`."""
        outgoing = (
            (event.tenant.encode(), value, headers_of_event(event, None if entry is None else entry[3]))
            for event, entry, value in records
        )
        sender.send_all(self._journal, self.partition, outgoing)

    def confirmed(self, records: Sequence[Recorded], spans: Spans, taken: Mapping[str, int] = _NOTHING) -> None:
        """Takes over what was sent, which is in the journal. Raises Fenced where it may not hold; then drop this.

        `taken` is the last intake offset of each family among it. Call inside the standing's `changing`.
        """
        span = spans.get((self._journal, self.partition))
        if span is None and not records:
            return
        # Nobody else wrote in between: so nobody has begun, and all of it holds for every reader.
        if (
            span is None
            or span.first != self.standing.next_offset
            or not span.unbroken
            or span.messages != len(records)
        ):
            self.epoch = 0
            raise Fenced(self._journal, self.partition)
        self.standing.wrote(records, span.last + 1, taken)

    def confirmed_letters(self, spans: Spans) -> None:
        """Remembers how far the dead letters are known, where they are all of this writer's."""
        span = spans.get((self._letters, self.partition))
        if span is not None and span.first == self.standing.letters_next and span.unbroken:
            self.standing.letters_next = span.last + 1

    def _begin(self, reader: Consumer, sender: Sender) -> Iterator[tuple[int, int]]:
        epoch = self.standing.epoch + 1
        value = encode_beginning(Beginning(epoch, str(uuid4()), self._clock()))
        sender.send(self._journal, self.partition, None, value, [("ce_type", WRITER_BEGAN.encode())])
        mine = sender.confirm()[self._journal, self.partition].last
        yield from self._read_journal(reader, mine)
        # The first of an epoch wins: another one's may lie between what was read and this.
        lost = self.standing.epoch >= epoch
        yield from self._read_journal(reader, mine + 1)
        if not lost:
            self.epoch = epoch

    def _anchored(self, reader: Consumer) -> bool:
        """Whether the checkpoint is of this journal: the last record it knows is where it was."""
        offset = self.standing.next_offset - 1
        if offset < 0:
            return True
        _, end = client.bounds(reader, self._journal, self.partition)
        if offset >= end:
            return False
        try:
            found = list(records_between(reader, self._journal, self.partition, offset, offset + 1))
        except RecordsLost:
            return False
        return [crc32(message.value() or b"") for message in found] == [self.standing.anchor]

    def _read_journal(self, reader: Consumer, end: int) -> Iterator[tuple[int, int]]:
        start = self.standing.next_offset
        for batch in self._batches(reader, self._journal, start, end):
            with self.standing.changing():
                self._proving(self.standing.read(batch))
            yield self.standing.next_offset - start, end - start

    def _read_letters(self, reader: Consumer) -> Iterator[tuple[int, int]]:
        low, high = client.bounds(reader, self._letters, self.partition)
        start = self.standing.letters_next
        if not low <= start <= high:
            start = low
        for batch in self._batches(reader, self._letters, start, high):
            with self.standing.changing():
                self.standing.read_letters(batch)
            yield self.standing.letters_next - start, high - start

    def _batches(self, reader: Consumer, topic: str, start: int, end: int) -> Iterator[list[Lying]]:
        found = records_between(reader, topic, self.partition, start, end)
        while batch := list(islice(found, _AT_ONCE)):
            yield [
                Lying(message.offset() or 0, client.raw_headers_of(message), message.value() or b"")
                for message in batch
            ]
