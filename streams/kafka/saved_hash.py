"""The state hashes that a cluster told of its tenants: kept in `waits`, beside what the tenant waits for."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, partitions_of
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.kafka.said import Wait


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
        bounds = bounds_of(admin(address), topic, range(partitions_of(asked, topic)))
        for message in records_of_all(asked, topic, bounds):
            _note(found, (message.key() or b"").decode(), message.value())
    finally:
        asked.close()
    return found


def _note(found: dict[str, SavedHash], tenant: str, value: bytes | None) -> None:
    told = None if value is None else _TOLD(value)
    if told is not None and told.hash is not None:
        found[tenant] = SavedHash(told.position, told.hash, told.held)
