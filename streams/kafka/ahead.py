"""The refusals that lie ahead in a partition of the journal: collected before anything of it is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from confluent_kafka import TopicPartition

from schemas.decode import decode
from schemas.event import Event
from schemas.system import RecordRefused
from streams.carriage import WRITER_BEGAN, decode_beginning, is_beginning
from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, headers_of, partitions_of
from streams.kafka.failures import RecordsLost
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of, stored_of
from streams.table_store import Place

_BEGAN: Final = WRITER_BEGAN.encode()
_REFUSED: Final = RecordRefused.type.encode()


class _Mark(NamedTuple):
    """A writer's beginning, or what was refused by one of that epoch."""

    offset: int
    epoch: int
    refused: Event | None


class Ahead(NamedTuple):
    """What a partition says of refusals from one offset to another."""

    marks: list[_Mark]
    begin: int
    end: int

    def refusals(self, place: Place) -> list[Event]:
        """The refusals from a place within it on, those of replaced writers left out."""
        epoch, found = place.carried, list[Event]()
        for mark in self.marks:
            if mark.offset < place.offset:
                continue
            if mark.refused is None:
                epoch = max(epoch, mark.epoch)
            elif mark.epoch == epoch:
                found.append(mark.refused)
        return found


def refusals_ahead(address: Address, places: Mapping[int, Place]) -> dict[int, list[Event]]:
    """The `record.refused` of each partition from its place to its present end, those of replaced writers left out.

    Raises RecordsLost for a place that the journal does not hold.
    """
    found = look_ahead(address, {partition: place.offset for partition, place in places.items()}, {})
    return {partition: ahead.refusals(places[partition]) for partition, ahead in found.items()}


def look_ahead(address: Address, offsets: Mapping[int, int], known: Mapping[int, Ahead]) -> dict[int, Ahead]:
    """What lies ahead of an offset in each partition; what is `known` from an earlier look is not read again.

    Raises RecordsLost for an offset that the journal does not hold.
    """
    topic = address.topic("journal")
    bounds = bounds_of(admin(address), topic, offsets)
    found: dict[int, Ahead] = {}
    for partition, (first, end) in bounds.items():
        offset, before = offsets[partition], known.get(partition)
        if not first <= offset <= end:
            raise RecordsLost(topic, partition, offset, first, end)
        is_known = before is not None and before.begin <= offset <= before.end <= end
        found[partition] = before if before is not None and is_known else Ahead([], offset, offset)
    return _read_on(address, found, {partition: end for partition, (_, end) in bounds.items()})


def look_around(address: Address, group: str) -> dict[int, Ahead]:
    """What lies ahead of where a group is, in every partition of which it has stored a place that still holds."""
    topic, asked = address.topic("journal"), consumer(address, group)
    try:
        stored = stored_of(asked, [TopicPartition(topic, number) for number in range(partitions_of(asked, topic))])
    finally:
        asked.close()
    bounds = bounds_of(admin(address), topic, [place.partition for place in stored])
    offsets = {place.partition: place.offset for place in stored}
    held = {number: offset for number, offset in offsets.items() if bounds[number][0] <= offset <= bounds[number][1]}
    return look_ahead(address, held, {})


def _read_on(address: Address, found: Mapping[int, Ahead], ends: Mapping[int, int]) -> dict[int, Ahead]:
    marks = {partition: list(ahead.marks) for partition, ahead in found.items()}
    asked = consumer(address)
    try:
        spans = {partition: (ahead.end, ends[partition]) for partition, ahead in found.items()}
        for message in records_of_all(asked, address.topic("journal"), spans):
            value = message.value() or b""
            # Asking for headers costs several times as much as the rest here, and hardly a record is of these two.
            if _REFUSED in value or is_beginning(None, value):
                mark = _mark(message.offset() or 0, headers_of(message).get("ce_type"), value)
                marks[message.partition() or 0] += [] if mark is None else [mark]
    finally:
        asked.close()
    return {partition: Ahead(marks[partition], ahead.begin, ends[partition]) for partition, ahead in found.items()}


def _mark(offset: int, type_: bytes | None, value: bytes) -> _Mark | None:
    if type_ == _BEGAN:
        return _Mark(offset, decode_beginning(value).epoch, None)
    if type_ == _REFUSED:
        event = decode(value)
        return _Mark(offset, event.epoch or 0, event)
    return None
