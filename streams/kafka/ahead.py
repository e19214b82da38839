"""The refusals that lie ahead in a partition of the journal: collected before anything of it is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.decode import decode
from schemas.event import Event
from schemas.system import RecordRefused
from streams.carriage import WRITER_BEGAN, decode_beginning, is_beginning
from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, headers_of
from streams.kafka.failures import RecordsLost
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.table_store import Place

_BEGAN: Final = WRITER_BEGAN.encode()
_REFUSED: Final = RecordRefused.type.encode()


class Ahead(NamedTuple):
    """The refusals of a partition from one offset to another, and the epoch that holds at its end."""

    refusals: list[Event]
    begin: int
    end: int
    epoch: int


def refusals_ahead(address: Address, places: Mapping[int, Place]) -> dict[int, list[Event]]:
    """The `record.refused` of each partition from its place to its present end, those of replaced writers left out.

    Only headers are looked at. Raises RecordsLost for a place that the journal does not hold.
    """
    return {partition: ahead.refusals for partition, ahead in look_ahead(address, places, {}).items()}


def look_ahead(address: Address, places: Mapping[int, Place], known: Mapping[int, Ahead]) -> dict[int, Ahead]:
    """As `refusals_ahead`; what is `known` from an earlier look is not read again."""
    topic = address.topic("journal")
    bounds = bounds_of(admin(address), topic, places)
    found: dict[int, Ahead] = {}
    spans: dict[int, tuple[int, int]] = {}
    for partition, (first, end) in bounds.items():
        place, before = places[partition], known.get(partition)
        if not first <= place.offset <= end:
            raise RecordsLost(topic, partition, place.offset, first, end)
        if before is None or not before.begin <= place.offset <= before.end <= end:
            before = Ahead([], place.offset, place.offset, place.carried)
        spans[partition] = (before.end, end)
        found[partition] = Ahead(list(before.refusals), before.begin, end, before.epoch)
    asked = consumer(address)
    try:
        for message in records_of_all(asked, topic, spans):
            value = message.value() or b""
            # Asking for headers costs several times as much as the rest here, and hardly a record is of these two.
            if _REFUSED in value or is_beginning(None, value):
                partition = message.partition() or 0
                found[partition] = _taken(found[partition], headers_of(message).get("ce_type"), value)
        return found
    finally:
        asked.close()


def _taken(ahead: Ahead, type_: bytes | None, value: bytes) -> Ahead:
    if type_ == _BEGAN:
        return ahead._replace(epoch=max(ahead.epoch, decode_beginning(value).epoch))
    if type_ == _REFUSED:
        event = decode(value)
        if (event.epoch or 0) == ahead.epoch:
            ahead.refusals.append(event)
    return ahead
