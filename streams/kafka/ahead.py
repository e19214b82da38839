"""The refusals that lie ahead in a partition of the journal: collected before anything of it is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from confluent_kafka import Consumer, TopicPartition

from schemas.decode import decode
from schemas.event import Event
from schemas.system import RecordRefused
from streams.carriage import WRITER_BEGAN, decode_beginning
from streams.kafka.address import Address
from streams.kafka.client import bounds, checked, consumer, headers_of
from streams.kafka.failures import RecordsLost
from streams.table_store import Place

_READ_AT_ONCE: Final = 20_000
_BEGAN: Final = WRITER_BEGAN.encode()
_REFUSED: Final = RecordRefused.type.encode()


def refusals_ahead(address: Address, places: Mapping[int, Place]) -> dict[int, list[Event]]:
    """The `record.refused` of each partition from its place to its present end, those of replaced writers left out.

    Only headers are looked at. Raises RecordsLost for a place that the journal does not hold.
    """
    asked = consumer(address)
    try:
        return {partition: _ahead(asked, address.topic("journal"), partition, at) for partition, at in places.items()}
    finally:
        asked.close()


def _ahead(asked: Consumer, topic: str, partition: int, place: Place) -> list[Event]:
    first, end = bounds(asked, topic, partition)
    if not first <= place.offset <= end:
        raise RecordsLost(topic, partition, place.offset, first, end)
    found: list[Event] = []
    epoch, at = place.carried, place.offset
    if at < end:
        asked.assign([TopicPartition(topic, partition, at)])
    while at < end:
        for each in asked.consume(_READ_AT_ONCE, timeout=0.2):
            message = checked(each, asked, at)
            if message is None:
                continue
            type_ = headers_of(message).get("ce_type")
            if type_ == _BEGAN:
                epoch = max(epoch, decode_beginning(message.value() or b"").epoch)
            elif type_ == _REFUSED:
                event = decode(message.value() or b"")
                if (event.epoch or 0) == epoch:
                    found.append(event)
        (position,) = asked.position([TopicPartition(topic, partition)])
        at = max(at, position.offset)
    return found
