"""The refusals that lie ahead in a partition of the journal: collected before anything of it is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.decode import decode
from schemas.event import Event
from schemas.system import RecordRefused
from streams.carriage import WRITER_BEGAN, decode_beginning
from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, headers_of
from streams.kafka.failures import RecordsLost
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.table_store import Place

_BEGAN: Final = WRITER_BEGAN.encode()
_REFUSED: Final = RecordRefused.type.encode()


def refusals_ahead(address: Address, places: Mapping[int, Place]) -> dict[int, list[Event]]:
    """The `record.refused` of each partition from its place to its present end, those of replaced writers left out.

    Only headers are looked at. Raises RecordsLost for a place that the journal does not hold.
    """
    topic = address.topic("journal")
    bounds = bounds_of(admin(address), topic, places)
    spans: dict[int, tuple[int, int]] = {}
    for partition, (first, end) in bounds.items():
        if not first <= places[partition].offset <= end:
            raise RecordsLost(topic, partition, places[partition].offset, first, end)
        spans[partition] = (places[partition].offset, end)
    epochs = {partition: place.carried for partition, place in places.items()}
    found: dict[int, list[Event]] = {partition: [] for partition in places}
    asked = consumer(address)
    try:
        for message in records_of_all(asked, topic, spans):
            partition, type_ = message.partition() or 0, headers_of(message).get("ce_type")
            if type_ == _BEGAN:
                epochs[partition] = max(epochs[partition], decode_beginning(message.value() or b"").epoch)
            elif type_ == _REFUSED:
                event = decode(message.value() or b"")
                if (event.epoch or 0) == epochs[partition]:
                    found[partition].append(event)
        return found
    finally:
        asked.close()
