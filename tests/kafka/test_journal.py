"""Two writers of one partition: the later one's records hold, and each learns of the other from its offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from schemas.decode import decode, encode
from streams.carriage import Beginning, encode_beginning
from streams.kafka.address import Address
from streams.kafka.checkpoint import Checkpoint
from streams.kafka.client import consumer, producer
from streams.kafka.headers import Headers
from streams.kafka.journal import Fenced, PartitionWriter
from streams.kafka.sending import Sender
from streams.kafka.standing import Recorded, Standing
from streams.kafka.topics import apply_topics
from streams.partition import partition_of
from tests.kafka.sequenced import journal
from tests.streams.records import NOW, written

PARTITION = partition_of("acme", 4)


class Writer:
    """A writer with clients of its own, as in another process."""

    def __init__(self, address: Address) -> None:
        self.sender = Sender(address)
        self.reader = consumer(address)
        self.writer = PartitionWriter(address, PARTITION, Standing(Checkpoint.open(None), 4), lambda: NOW)

    def open(self) -> Writer:
        for _ in self.writer.opening(self.reader, self.sender):
            pass
        return self

    def write(self, *positions: int) -> None:
        records = []
        for position in positions:
            event = decode(written("acme", position).value).stamped(epoch=self.writer.epoch)
            records.append(Recorded(event, ("acme", event.source, event.id, b"contents"), encode(event)))
        self.writer.send(self.sender, records)
        spans = self.sender.confirm()
        with self.writer.standing.changing():
            self.writer.confirmed(records, spans)

    @property
    def end(self) -> int:
        return self.writer.standing.end("acme")

    def close(self) -> None:
        self.sender.close()
        self.reader.close()
        self.writer.standing.close()


@pytest.fixture
def writers(address: Address) -> Iterator[Sequence[Writer]]:
    apply_topics(address)
    made = [Writer(address) for _ in range(3)]
    yield made
    for one in made:
        one.close()


def positions(address: Address) -> list[tuple[int, int | None]]:
    return [(event.position, event.epoch) for event in journal(address).get("acme", [])]


def test_a_writer_goes_on_where_the_last_one_ended(address: Address, writers: Sequence[Writer]) -> None:
    first, second, third = writers
    first.open().write(1, 2)
    first.write(3)
    second.open().write(4)
    assert (third.open().end, [one.writer.epoch for one in writers]) == (4, [1, 2, 3])
    assert positions(address) == [(1, 1), (2, 1), (3, 1), (4, 2)]


def test_a_replaced_writer_is_fenced_and_its_records_do_not_hold(address: Address, writers: Sequence[Writer]) -> None:
    zombie, successor, third = writers
    zombie.open().write(1)
    successor.open()
    with pytest.raises(Fenced):
        zombie.write(2, 3)
    assert (zombie.writer.epoch, zombie.end) == (0, 1)
    # The successor cannot know whether what came between was an end of its own time, and begins again.
    with pytest.raises(Fenced):
        successor.write(2)
    successor.open().write(3)
    assert positions(address) == [(1, 1), (2, 2), (3, 3)]
    assert third.open().end == 3


def test_the_first_of_an_epoch_wins(address: Address, writers: Sequence[Writer]) -> None:
    """Somebody else begins the same epoch just before, seen only when the own beginning is there."""
    writer = writers[0]
    steps = writer.writer.opening(writer.reader, writer.sender)
    sent = writer.sender.send

    def late(topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        rival = producer(address)
        rival.produce(topic, encode_beginning(Beginning(1, "rival", 0)), None, partition)
        assert not rival.flush(10)
        writer.sender.send = sent  # type: ignore[method-assign]
        sent(topic, partition, key, value, headers)

    writer.sender.send = late  # type: ignore[method-assign]
    for _ in steps:
        pass
    assert writer.writer.epoch == 2
    writer.write(1)
    assert positions(address) == [(1, 2)]


def test_a_checkpoint_of_another_journal_is_not_believed(address: Address, writers: Sequence[Writer]) -> None:
    first, second, _ = writers
    first.open().write(1, 2, 3)
    with second.writer.standing.changing():
        second.writer.standing.next_offset, second.writer.standing.anchor = 2, 12345
        second.writer.standing.carriage.ends["acme"] = 77
    assert second.open().end == 3
