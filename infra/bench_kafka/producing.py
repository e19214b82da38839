"""What does appending through the log cost, beside the client alone that sends the same?"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from statistics import median
from typing import Final, NamedTuple

from infra.bench_kafka.load import journal, new_log
from infra.bench_kafka.place import Place
from infra.quality.row import Row
from schemas.decode import decode, encode
from schemas.instant import format_instant
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.headers import Headers, journal_headers
from streams.kafka.log import KafkaLog
from streams.log import Written
from streams.partition import partition_of

GOAL: Final = 0.7
_AT_ONCE: Final = 20_000
_ROUNDS: Final = 3


class _Message(NamedTuple):
    """A record as `KafkaLog` puts it on the wire, and what its headers say."""

    tenant: str
    value: bytes
    type: str
    id: str
    source: str
    time: str


def measure(place: Place, source: Address) -> list[Row]:
    """The same bytes: by a raw client with the same settings, and by `KafkaLog.appending`.

    The raw client makes keys, partitions and headers as it goes, and nothing else; a second one sends no headers. All
    have met the partitions before the clock starts. The median of rounds, one of each in turn.
    """
    records = [_written(value) for _, key, value, _ in journal(source) if key is not None]
    messages = [_message(record) for record in records]
    rates: dict[str, list[float]] = {"raw": [], "bare": [], "ours": []}
    for number in range(_ROUNDS):
        rates["raw"].append(len(records) / _raw(new_log(place, f"raw-{number}"), messages, journal_headers))
        rates["ours"].append(len(records) / _appended(new_log(place, f"appended-{number}"), records))
        rates["bare"].append(len(records) / _raw(new_log(place, f"bare-{number}"), messages, _no_headers))
    raw, bare, ours = (median(rates[name]) for name in ("raw", "bare", "ours"))
    return [
        Row("append through KafkaLog", ours, "events/s", None, raw, "raw client, same headers, events/s"),
        Row("  of the raw client that sends the same headers", ours / raw, "times", GOAL),
        Row("  of the client that sends none", ours / bare, "times", None, bare, "the same without headers, events/s"),
    ]


def _written(value: bytes) -> Written:
    event = decode(value).stamped(epoch=None, intake=None)
    return Written(event.tenant, event.position, event.type, encode(event))


def _message(record: Written) -> _Message:
    event = decode(record.value)
    value = record.value[:-1] + b',"epoch":1}'
    return _Message(record.tenant, value, event.type, event.id, event.source, format_instant(event.occurred_at))


def _no_headers(*_: str) -> Headers:
    return []


def _raw(log: Address, messages: list[_Message], headers: Callable[[str, str, str, str], Headers]) -> float:
    """As fast as a client goes: it looks at what was confirmed only where its queue is full, and at the end."""
    writer, topic, partitions = client.producer(log), log.topic("journal"), log.partitions
    for partition in range(partitions):
        writer.produce(topic, b"", None, partition)
    writer.flush()
    produce = writer.produce
    began = time.perf_counter()
    for tenant, value, type_, id_, source, at in messages:
        key, partition, said = tenant.encode(), partition_of(tenant, partitions), headers(type_, id_, source, at)
        while True:
            try:
                produce(topic, value, key, partition, headers=said)
                break
            except BufferError:
                writer.poll(0.01)
    writer.flush()
    return time.perf_counter() - began


def _appended(address: Address, records: list[Written]) -> float:
    log = KafkaLog(address)
    try:
        for partition in range(address.partitions):
            log.writer(partition)
        waiting = iter(records)
        began = time.perf_counter()
        while batch := list(islice(waiting, _AT_ONCE)):
            with log.appending() as appending:
                appending.append(batch)
        return time.perf_counter() - began
    finally:
        log.close()
