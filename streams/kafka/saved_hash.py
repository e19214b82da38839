"""The state hashes that a cluster told of its tenants: kept in `waits`, beside what the tenant waits for."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from confluent_kafka import TopicPartition

from streams.kafka.address import Address
from streams.kafka.client import bounds, checked, consumer, partitions_of
from streams.kafka.said import Wait

_READ_AT_ONCE = 20_000


class HashedWait(Wait, frozen=True):
    """A record of `waits` that tells the state hash at its position, too."""

    hash: str


class SavedHash(NamedTuple):
    """A tenant's state hash, and the position it was told at."""

    position: int
    hash: str


class _Told(msgspec.Struct):
    position: int
    hash: str | None = None


_TOLD = msgspec.json.Decoder(_Told).decode


def saved_hashes(address: Address) -> dict[str, SavedHash]:
    """The newest hash told of each tenant. One that has moved on since is told at a position before its last."""
    topic, found = address.topic("waits"), dict[str, SavedHash]()
    asked = consumer(address)
    try:
        for partition in range(partitions_of(asked, topic)):
            at, end = bounds(asked, topic, partition)
            asked.assign([TopicPartition(topic, partition, at)])
            while at < end:
                for each in asked.consume(_READ_AT_ONCE, timeout=0.2):
                    message = checked(each, asked, at)
                    if message is not None and message.value() is not None:
                        told = _TOLD(message.value() or b"")
                        if told.hash is not None:
                            found[(message.key() or b"").decode()] = SavedHash(told.position, told.hash)
                (place,) = asked.position([TopicPartition(topic, partition)])
                at = max(at, place.offset)
            asked.unassign()
    finally:
        asked.close()
    return found
