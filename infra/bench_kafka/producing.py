"""What does appending through the log cost, beside the client alone?"""

from __future__ import annotations

import time
from itertools import islice
from typing import Final

from infra.bench_kafka.load import journal, new_log, write
from infra.bench_kafka.place import Place
from infra.quality.row import Row
from schemas.decode import decode, encode
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.log import KafkaLog
from streams.log import Written
from streams.partition import partition_of

GOAL: Final = 0.7
_AT_ONCE: Final = 20_000


def measure(place: Place, source: Address) -> list[Row]:
    """The same records, once by a raw client with the same settings, once through `KafkaLog.appending`."""
    records = [_written(value) for _, key, value, _ in journal(source) if key is not None]
    raw = len(records) / _raw(new_log(place, "raw"), records)
    ours = len(records) / _appended(new_log(place, "appended"), records)
    return [
        Row("append through KafkaLog", ours, "events/s", None, raw, "raw client, events/s"),
        Row("  of the raw client", ours / raw, "times", GOAL),
    ]


def _written(value: bytes) -> Written:
    event = decode(value).stamped(epoch=None, intake=None)
    return Written(event.tenant, event.position, event.type, encode(event))


def _raw(log: Address, records: list[Written]) -> float:
    writer, topic = client.producer(log), log.topic("journal")
    began = time.perf_counter()
    for record in records:
        write(writer, topic, record.value, record.tenant.encode(), partition_of(record.tenant, log.partitions))
    writer.flush()
    return time.perf_counter() - began


def _appended(address: Address, records: list[Written]) -> float:
    log = KafkaLog(address)
    try:
        waiting = iter(records)
        began = time.perf_counter()
        while batch := list(islice(waiting, _AT_ONCE)):
            with log.appending() as appending:
                appending.append(batch)
        return time.perf_counter() - began
    finally:
        log.close()
