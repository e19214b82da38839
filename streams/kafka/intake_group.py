"""Which partitions of the intake are this process's now, and what comes in them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.desk import Arrival
from streams.kafka.failures import KafkaFailed
from streams.kafka.journal import Clock
from streams.kafka.reading import gathered, reached_end, stored_of
from streams.kafka.seat import FAMILIES, Seat
from streams.kafka.slots import take_slot

AT_ONCE = 5_000
SESSION_SECONDS = 10
_COMMITTED_EVERY_SECONDS = 1.0
_FATAL = (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID)  # noqa: SLF001 - the library's own name for it


class MemberLost(KafkaFailed):
    """The group does not know this member any more, as after a while without a broker: it must join again."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the group of sequencers does not know this member any more ({reason}): it joins again")


class IntakeGroup:
    """A member of the group of sequencers, in which all families of a partition come to one member.

    `wanted` are the partitions that are this member's; of them those are read that `read` was told.
    """

    def __init__(self, address: Address, folder: Path, clock: Clock) -> None:
        self.wanted: tuple[int, ...] = ()
        self._clock = clock
        self._topics = {family: address.topic(family) for family in FAMILIES}
        self._families = {topic: family for family, topic in self._topics.items()}
        self._slot = take_slot(folder)
        self._seats: Mapping[int, Seat] = {}
        self._committed: dict[tuple[str, int], int] = {}
        self._commit_at = 0.0
        self._address = address
        # One that starts again in its predecessor's place goes on at once.
        self._name = f"{_name_of(folder)}-{self._slot.number}"
        self._consumer = self._joined()

    def receive(self, patience_seconds: float) -> bool:
        """Hands what came to its seats; False where nothing did. Raises MemberLost, RecordsLost, KafkaFailed."""
        messages = gathered(self._consumer, AT_ONCE, patience_seconds)
        for message in messages:
            error = message.error()
            if error is not None and (error.fatal() or error.code() in _FATAL):
                raise MemberLost(error.str())
            family = self._families.get(message.topic() or "", "")
            seat = self._seats.get(message.partition() or 0)
            if seat is None or not family:
                continue
            if error is None:
                seat.receive(self._arrival(family, message))
            elif reached_end(message):
                seat.ended[family] = message.offset() or 0
            else:
                client.checked(message, self._consumer, seat.next[family])
        return bool(messages)

    def join_again(self) -> None:
        """Joins as a new member; until it has partitions again, `wanted` is empty."""
        self._consumer.close()
        self.wanted, self._seats = (), {}
        self._committed.clear()
        self._consumer = self._joined()

    def read(self, seats: Mapping[int, Seat]) -> None:
        """Reads the partitions of these seats, each family from where its seat says, and no others."""
        self._seats = dict(seats)
        self._consumer.assign(
            [
                TopicPartition(topic, partition, seat.next[family])
                for partition, seat in seats.items()
                for family, topic in self._topics.items()
            ]
        )

    def committed(self, partition: int) -> dict[str, int]:
        """The offsets up to which the group has taken a partition, of the families of which that is known."""
        asked = [TopicPartition(topic, partition) for topic in self._topics.values()]
        found = stored_of(self._consumer, asked)
        return {self._families[one.topic]: one.offset for one in found if one.offset >= 0}

    def commit(self) -> None:
        """Tells the group how far the seats are, now and then: it spares reading what led to no record."""
        if time.monotonic() >= self._commit_at:
            self._commit_at = time.monotonic() + _COMMITTED_EVERY_SECONDS
            self._commit(self._seats.values(), asynchronous=True)

    def close(self) -> None:
        """Leaves; whoever starts in this one's place within some seconds gets its partitions."""
        self._commit(self._seats.values(), asynchronous=False)
        self._consumer.close()
        self._slot.free()

    def _joined(self) -> Consumer:
        settings: dict[str, Any] = {
            "group.instance.id": self._name,
            "partition.assignment.strategy": "range",
            "session.timeout.ms": SESSION_SECONDS * 1000,
            "heartbeat.interval.ms": SESSION_SECONDS * 200,
            "enable.partition.eof": True,
        }
        joined = client.consumer(self._address, f"{self._address.prefix}millrace-sequencer", **settings)
        joined.subscribe(
            list(self._topics.values()), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )
        return joined

    def _commit(self, seats: Iterable[Seat], *, asynchronous: bool) -> None:
        new = {
            (family, seat.partition): offset
            for seat in seats
            for family, offset in seat.done.items()
            if self._committed.get((family, seat.partition)) != offset
        }
        if new:
            offsets = [TopicPartition(self._topics[family], number, offset) for (family, number), offset in new.items()]
            # Nothing rests on it: the journal tells what was taken.
            with suppress(KafkaException):
                if asynchronous:
                    self._consumer.commit(offsets=offsets, asynchronous=True)
                else:
                    self._consumer.commit(offsets=offsets, asynchronous=False)
                self._committed.update(new)

    def _arrival(self, family: str, message: Message) -> Arrival:
        kind, milliseconds = message.timestamp()
        appended_at = milliseconds * 1_000 if kind == TIMESTAMP_LOG_APPEND_TIME else self._clock()
        headers: Any = message.headers()
        return Arrival(family, message.offset() or 0, message.key(), message.value() or b"", headers, appended_at)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.wanted = tuple(sorted({one.partition for one in partitions}))
        self.read({number: seat for number, seat in self._seats.items() if number in self.wanted})

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit(self._seats.values(), asynchronous=False)
        self._lost(consumer, partitions)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.wanted = ()
        consumer.unassign()


def _name_of(folder: Path) -> str:
    """What tells this folder's members from those of other folders."""
    file = folder / "name"
    try:
        # Whoever comes first names it.
        with file.open("x", encoding="ascii") as named:
            named.write(uuid4().hex)
    except FileExistsError:
        pass
    return file.read_text(encoding="ascii")
