"""Records of one partition from one offset to another, in order and complete, or an error."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, Message, TopicPartition

from streams.kafka.address import Address
from streams.kafka.client import admin, bounds, checked
from streams.kafka.failures import BrokerUnreachable, RecordsLost
from streams.kafka.reading import bounds_of, gathered

AT_ONCE = 2_000
PATIENCE_SECONDS = 60.0
_WAIT_SECONDS = 0.2


def available(consumer: Consumer, topic: str, partition: int, start: int) -> int:
    """The end of a partition whose records from `start` on are wanted. Raises RecordsLost where they are gone."""
    return checked_end(topic, partition, start, *bounds(consumer, topic, partition))


def checked_end(topic: str, partition: int, start: int, low: int, high: int) -> int:
    """The end `high` of a partition that begins at `low`, as `available` tells it."""
    if start < low or start > high:
        raise RecordsLost(topic, partition, start, low, high)
    return high


def require_held(address: Address, topic: str, offsets: Mapping[int, int]) -> None:
    """Raises RecordsLost unless each partition holds what follows its offset."""
    for partition, (low, high) in bounds_of(admin(address), topic, offsets).items():
        checked_end(topic, partition, offsets[partition], low, high)


def records(consumer: Consumer, topic: str, partition: int, start: int, end: int) -> Iterator[Message]:
    """The records from `start` to before `end`, which the partition must have reached (`available`).

    The consumer is this iterator's alone until it ends. Raises RecordsLost, BrokerUnreachable, KafkaFailed.
    """
    if start >= end:
        return
    consumer.assign([TopicPartition(topic, partition, start)])
    try:
        next_offset, patient_until = start, time.monotonic() + PATIENCE_SECONDS
        while next_offset < end:
            found = consumer.consume(min(AT_ONCE, end - next_offset), _WAIT_SECONDS)
            for message in found:
                whole = checked(message, consumer, next_offset)
                if whole is None:
                    continue
                offset = whole.offset() or 0
                if offset >= end:
                    return
                next_offset = offset + 1
                yield whole
            if found:
                patient_until = time.monotonic() + PATIENCE_SECONDS
            elif _passed(consumer, topic, partition) >= end:
                return
            elif time.monotonic() > patient_until:
                raise BrokerUnreachable(
                    f"{topic}/{partition}: nothing came in {PATIENCE_SECONDS:.0f} s: is the broker up?"
                )
    finally:
        consumer.unassign()


def records_of_all(consumer: Consumer, topic: str, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
    """As `records`, of many partitions at once: each partition's records in order, the partitions mixed.

    One after another, each would wait for what the broker still answers about the one before.
    """
    left = {partition: span for partition, span in spans.items() if span[0] < span[1]}
    if not left:
        return
    consumer.assign([TopicPartition(topic, partition, start) for partition, (start, _) in left.items()])
    try:
        patient_until = time.monotonic() + PATIENCE_SECONDS
        while left:
            found = gathered(consumer, AT_ONCE, _WAIT_SECONDS)
            for message in found:
                partition = message.partition() or 0
                whole = checked(message, consumer, left.get(partition, (0, 0))[0])
                if whole is not None and partition in left and (whole.offset() or 0) < left[partition][1]:
                    left[partition] = ((whole.offset() or 0) + 1, left[partition][1])
                    yield whole
            places = consumer.position([TopicPartition(topic, partition) for partition in left])
            for place in places:
                if place.offset >= left[place.partition][1]:
                    del left[place.partition]
            if found:
                patient_until = time.monotonic() + PATIENCE_SECONDS
            elif time.monotonic() > patient_until:
                raise BrokerUnreachable(f"{topic}: nothing came in {PATIENCE_SECONDS:.0f} s: is the broker up?")
    finally:
        consumer.unassign()


def _passed(consumer: Consumer, topic: str, partition: int) -> int:
    # Compaction and markers leave offsets without a record: the client's own place goes beyond them.
    (found,) = consumer.position([TopicPartition(topic, partition)])
    return found.offset
