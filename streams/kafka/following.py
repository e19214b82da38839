"""A reader of some topics that hands everything on, at least once and in order of each partition, and says how far.

Several readers of one group share the partitions. A reader begins where what it feeds says that it stands, and only
where that keeps no place itself at the offset the group stored, else at the very first record. Offsets are stored
after what was handed on is durable: they tell others how far the group is, and share partitions out anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import structlog
from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # not in its list of names

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.failures import KafkaFailed, RecordsLost, TopicsDiffer
from streams.kafka.reading import stored_of

MOST_RECORDS = 20_000
_LOOK_SECONDS = 0.2
# No more than two small batches a second, for what every batch costs; the first after a quiet time goes at once.
_PAUSE_SECONDS = 0.5
_FIRST_RETRY_SECONDS = 0.1
_LONGEST_RETRY_SECONDS = 15.0
_JOINED_AGAIN_SECONDS = 1.0
# A member that ended without a word is missed for so long, unless it comes back under its name.
_SESSION_SECONDS = 10

_log = structlog.get_logger(__name__)


class Place(NamedTuple):
    """One partition of one of the log's topics; a topic that was made anew has another `topic_id`."""

    name: str
    topic_id: str
    partition: int

    @property
    def source(self) -> str:
        """A name for this partition's offsets that no other partition ever has."""
        return f"{self.topic_id}/{self.partition}"


class Record(NamedTuple):
    """One record of a topic; of most the key is the tenant. No value is the news that the key holds nothing."""

    place: Place
    offset: int
    key: bytes
    value: bytes

    @property
    def tenant(self) -> str:
        return self.key.decode()


class Taker(Protocol):
    """What is fed."""

    name: str

    def begins(self, place: Place) -> int | None:
        """The offset it wants next; None where it does not remember places: what the group stored holds, or the end."""

    def take(self, records: Sequence[Record]) -> None:
        """Takes records that follow those before, durably; taking them again must change nothing. May raise."""


@dataclass(frozen=True, slots=True)
class FollowerHealth:
    """How a reader is doing. `failures` counts tries in a row, `error` is the last one's; None when all is well."""

    name: str
    alive: bool = False
    taken: int = 0
    batches: int = 0
    failures: int = 0
    error: str | None = None


class Follower:
    """Feeds one taker from a thread of its own. What it fails at is tried again; lost records end it (`failure`)."""

    def __init__(
        self,
        address: Address,
        group: str | None,
        names: Sequence[str],
        taker: Taker,
        *,
        member: str = "",
        on_taken: Callable[[], None] = lambda: None,
    ) -> None:
        """`names` of the log's topics. Without a group it reads all of them alone, and stores nothing.

        A `member` of a group that comes back gets its partitions at once; of a name there must be one only.

        Raises TopicsDiffer where a topic is missing, BrokerUnreachable.
        """
        self._taker = taker
        self._on_taken = on_taken
        self._address = address
        self._admin = client.admin(address)
        self._topics = {address.prefix + name: name for name in names}
        self._ids = self._described()
        self._group = None if group is None else address.prefix + group
        named = {"group.instance.id": member} if member else {}
        settings: dict[str, Any] = {**named, "session.timeout.ms": _SESSION_SECONDS * 1_000}
        self._new_consumer: Callable[[], Consumer] = lambda: client.consumer(address, self._group, **settings)
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._health = FollowerHealth(taker.name)
        self._next: dict[Place, int] = {}
        self._is_assigned = False
        self._hurried = threading.Event()
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"follow-{taker.name}", daemon=True)

    def start(self) -> None:
        """Joins the group and begins."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Ends after the batch in hand."""
        self._stopping.set()
        self._hurried.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)

    def drain(self, timeout_seconds: float) -> bool:
        """Waits until the group has taken all that the topics hold; False when the time ran out. Raises `failure`."""
        until = time.monotonic() + timeout_seconds
        self._hurried.set()
        try:
            while self.behind():
                if time.monotonic() > until:
                    return False
                with self._changed:
                    self._changed.wait(_LOOK_SECONDS)
        finally:
            if not self._stopping.is_set():
                self._hurried.clear()
        return True

    def behind(self) -> int:
        """How many records the topics hold that nobody of the group has taken. Raises `failure`."""
        if self.failure is not None:
            raise self.failure
        ends = self._ends()
        with self._changed:
            mine = dict(self._next)
            if not self._is_assigned:
                return max(1, sum(ends.values()))
        others = [place for place in ends if place not in mine]
        stored = self._stored(others)
        return sum(max(0, end - (mine[place] if place in mine else stored[place] or 0)) for place, end in ends.items())

    def health(self) -> FollowerHealth:
        """How it is doing now."""
        with self._changed:
            return replace(self._health, alive=self._thread.is_alive())

    def _described(self) -> dict[str, tuple[str, int]]:
        """Each topic's id and number of partitions."""
        found: dict[str, tuple[str, int]] = {}
        for topic in self._topics:
            if client.partitions_of(self._admin, topic) == 0:
                raise TopicsDiffer(f"there is no topic {topic}: run `millrace topics apply`")
        asked = self._admin.describe_topics(TopicCollection(list(self._topics)), request_timeout=client.ASK_SECONDS)
        for topic, future in asked.items():
            try:
                told = future.result()
            except KafkaException as error:
                raise client.unreachable(error) from error
            found[topic] = (str(told.topic_id), len(told.partitions))
        return found

    def _place(self, topic: str, partition: int) -> Place:
        return Place(self._topics[topic], self._ids[topic][0], partition)

    def _partition(self, place: Place, offset: int = OFFSET_INVALID) -> TopicPartition:
        return TopicPartition(self._address.prefix + place.name, place.partition, offset)

    def _ends(self) -> dict[Place, int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {
            TopicPartition(topic, partition): latest
            for topic, (_, partitions) in self._ids.items()
            for partition in range(partitions)
        }
        until = time.monotonic() + client.ASK_SECONDS
        while True:
            asked = self._admin.list_offsets(wanted, request_timeout=client.ASK_SECONDS)
            try:
                return {self._place(one.topic, one.partition): future.result().offset for one, future in asked.items()}
            except KafkaException as error:
                # Who leads a partition may have changed a moment ago: the broker asked is told of it and asked again.
                if time.monotonic() > until:
                    raise client.unreachable(error) from error
                time.sleep(_LOOK_SECONDS)

    def _stored(self, places: Sequence[Place]) -> dict[Place, int | None]:
        """What the group stored of places, None where nothing."""
        if not places or self._group is None:
            return {}
        found = _stored_offsets(self._address, self._group, [self._partition(place) for place in places])
        return {self._place(one.topic, one.partition): one.offset if one.offset >= 0 else None for one in found}

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._follow()
                except (RecordsLost, TopicsDiffer):
                    raise
                except KafkaFailed as error:
                    # A broker that is away, or one that came back and knows this member no more: it joins again.
                    self._note(replace(self._health, failures=self._health.failures + 1, error=_words(error)))
                    _log.warning("following_begins_again", taker=self._taker.name, reason=str(error))
                    self._stopping.wait(_JOINED_AGAIN_SECONDS)
        except Exception as error:  # noqa: BLE001 - kept for whoever asks; a thread has nobody to raise it to
            self.failure = error
            _log.error("following_ended", taker=self._taker.name, error=str(error))
        finally:
            with self._changed:
                self._changed.notify_all()

    def _follow(self) -> None:
        """Joins and hands on until told to stop. Raises KafkaFailed."""
        consumer = self._new_consumer()
        try:
            if self._group is None:
                self._begin(consumer, self._next or self._begins_alone())
            else:
                consumer.subscribe(list(self._topics), on_assign=self._assigned, on_revoke=self._revoked)
            while not self._stopping.is_set():
                self._round(consumer)
        finally:
            if self._group is not None:
                self._revoked(consumer, [])
            consumer.close()

    def _begins_alone(self) -> dict[Place, int]:
        wanted = {place: (self._taker.begins(place), end) for place, end in self._ends().items()}
        return {place: end if at is None else at for place, (at, end) in wanted.items()}

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = [self._place(one.topic, one.partition) for one in partitions]
        starts = {place: self._taker.begins(place) for place in places}
        stored = self._stored([place for place, start in starts.items() if start is None])
        # From the very first offset, not from the earliest that is left: what was cut off must be told.
        self._begin(consumer, {place: stored[place] or 0 if at is None else at for place, at in starts.items()})

    def _begin(self, consumer: Consumer, begins: dict[Place, int]) -> None:
        consumer.assign([self._partition(place, offset) for place, offset in begins.items()])
        with self._changed:
            self._next = begins
            self._is_assigned = True
            self._changed.notify_all()

    def _revoked(self, _: Consumer, __: list[TopicPartition]) -> None:
        with self._changed:
            self._next = {}
            self._is_assigned = False

    def _round(self, consumer: Consumer) -> None:
        first = consumer.poll(_LOOK_SECONDS)
        if first is None:
            return
        began = time.monotonic()
        records = self._records(consumer, [first, *consumer.consume(MOST_RECORDS - 1, 0)])
        if records and self._take(records):
            self._store(consumer, records)
            self._on_taken()
        if len(records) < MOST_RECORDS // 2:
            self._hurried.wait(max(0.0, began + _PAUSE_SECONDS - time.monotonic()))

    def _records(self, consumer: Consumer, messages: Sequence[Message]) -> list[Record]:
        records = []
        for message in messages:
            topic, partition = message.topic() or "", message.partition() or 0
            place = self._place(topic, partition) if topic in self._ids else None
            if client.checked(message, consumer, self._next.get(place, 0) if place else 0) is not None and place:
                key = message.key() or b""
                records.append(Record(place, message.offset() or 0, bytes(key), message.value() or b""))
        return records

    def _take(self, records: Sequence[Record]) -> bool:
        """Whether they were taken; tries until it works or this is to stop."""
        pause_seconds = _FIRST_RETRY_SECONDS
        while True:
            try:
                self._taker.take(records)
            except Exception as error:  # noqa: BLE001 - whatever it is: it is told, and tried again
                self._note(replace(self._health, failures=self._health.failures + 1, error=_words(error)))
                _log.warning("not_taken", taker=self._taker.name, error=type(error).__name__)
                if self._stopping.wait(pause_seconds):
                    return False
                pause_seconds = min(2 * pause_seconds, _LONGEST_RETRY_SECONDS)
            else:
                known = self._health
                taken, batches = known.taken + len(records), known.batches + 1
                self._note(replace(known, taken=taken, batches=batches, failures=0, error=None))
                return True

    def _store(self, consumer: Consumer, records: Sequence[Record]) -> None:
        reached = {record.place: record.offset + 1 for record in records}
        with self._changed:
            for place, offset in reached.items():
                if place in self._next:
                    self._next[place] = offset
        try:
            if self._group is not None:
                consumer.commit(
                    offsets=[self._partition(place, offset) for place, offset in reached.items()], asynchronous=False
                )
        except KafkaException as error:
            # Another member has the partitions by now and reads them again, which changes nothing.
            _log.info("offsets_not_stored", taker=self._taker.name, error=error.args[0].str())
        with self._changed:
            self._changed.notify_all()

    def _note(self, health: FollowerHealth) -> None:
        with self._changed:
            self._health = health


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _stored_offsets(address: Address, group: str, places: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
    # Not by the consumer that reads: asked by one thread while another is in its callback, it waits for ever.
    # Nor by the administrator: where the broker dies meanwhile an assertion of librdkafka ends the process.
    asked = client.consumer(address, group)
    try:
        return stored_of(asked, places)
    finally:
        asked.close()
