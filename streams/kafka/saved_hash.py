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
    """A record of `waits` that tells the state hash at its position, too, and whether a failing step holds it there."""

    hash: str
    held: bool


class SavedHash(NamedTuple):
    """A tenant's state hash, the position it was told at, and whether a failing step holds the tenant there."""

    position: int
    hash: str
    held: bool


class _Told(msgspec.Struct):
    position: int
    hash: str | None = None
    held: bool = False


_TOLD = msgspec.json.Decoder(_Told).decode


def saved_hashes(address: Address) -> dict[str, SavedHash]:
    """The newest hash told of each tenant. One that has moved on since was told at a position before its last."""
    topic = address.topic("waits")
    found: dict[str, SavedHash] = {}
    asked = consumer(address)
    try:
        for partition in range(partitions_of(asked, topic)):
            at, end = bounds(asked, topic, partition)
            asked.assign([TopicPartition(topic, partition, at)])
            while at < end:
                for each in asked.consume(_READ_AT_ONCE, timeout=0.2):
                    message = checked(each, asked, at)
                    if message is not None:
                        _note(found, (message.key() or b"").decode(), message.value())
                (place,) = asked.position([TopicPartition(topic, partition)])
                at = max(at, place.offset)
            asked.unassign()
    finally:
        asked.close()
    return found


def _note(found: dict[str, SavedHash], tenant: str, value: bytes | None) -> None:
    told = None if value is None else _TOLD(value)
    if told is not None and told.hash is not None:
        found[tenant] = SavedHash(told.position, told.hash, told.held)
