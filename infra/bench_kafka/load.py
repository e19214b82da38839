"""The log under measurement: a mixed load of twelve tenants, as many in each partition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from infra.bench_kafka.place import Place
from infra.demo.load import load_settings, mixed_load
from schemas.registry import BY_NAME
from streams.embedded import machine_clock
from streams.kafka import client
from streams.kafka.address import Address, parse_address
from streams.kafka.headers import Headers
from streams.kafka.ranges import records
from streams.kafka.topics import apply_topics
from streams.partition import partition_of

PARTITIONS: Final = 4
TENANTS: Final = 12
_ACCOUNTS: Final = 170
_TYPE: Final = re.compile(rb'"type":"([\w.]+)"')


def tenants() -> list[str]:
    """Names of equal length, as many in each partition."""
    room = dict.fromkeys(range(PARTITIONS), TENANTS // PARTITIONS)
    found: list[str] = []
    for number in count(100):
        name = f"t{number}"
        if room[partition_of(name, PARTITIONS)]:
            room[partition_of(name, PARTITIONS)] -= 1
            found.append(name)
        if len(found) == TENANTS:
            return found
    raise AssertionError("numbers do not end")


def new_log(place: Place, name: str) -> Address:
    """A log with all its topics and nothing in them."""
    address = parse_address(f"kafka://{place.bootstrap}/{name}.?partitions={PARTITIONS}")
    apply_topics(address)
    return address


def fill_intake(address: Address, events: int) -> int:
    """Puts the load into the intake topics, as a door leaves it there; how many records that are."""
    writer = client.producer(address)
    now, written = machine_clock(), 0
    for seed, tenant in enumerate(tenants()):
        partition, key = partition_of(tenant, PARTITIONS), tenant.encode()
        for raw in _raws(seed, events // TENANTS, now):
            found = _TYPE.search(raw)
            family = BY_NAME[found.group(1).decode()].topic if found else "system"
            write(writer, address.topic(family), raw, key, partition)
            written += 1
    writer.flush()
    return written


def write(
    writer: Any, topic: str, value: bytes, key: bytes | None, partition: int, headers: Headers | None = None
) -> None:
    """As a client does it alone: where its queue is full it waits for room."""
    while True:
        try:
            writer.produce(topic, value, key, partition, headers=headers or [])
        except BufferError:
            writer.poll(0.01)
        else:
            writer.poll(0)
            return


def _raws(seed: int, events: int, now: int) -> Iterator[bytes]:
    yield from load_settings(now)
    yield from mixed_load(seed, events, _ACCOUNTS, now)


def journal(address: Address) -> Iterator[tuple[int, bytes | None, bytes, Headers]]:
    """Every record of the journal: partition, key, value, headers."""
    reader, topic = client.consumer(address), address.topic("journal")
    try:
        for partition in range(PARTITIONS):
            low, high = client.bounds(reader, topic, partition)
            for message in records(reader, topic, partition, low, high):
                headers: Headers = [(name, value or b"") for name, value in client.raw_headers_of(message)]
                yield partition, message.key(), message.value() or b"", headers
    finally:
        reader.close()


def copy_journal(source: Address, target: Address, copies: int, most: int | None = None) -> int:
    """Writes a journal so many times over, each copy of a tenant under a name of its own in the same partition."""
    found = list(journal(source))[:most]
    names = _names_beside(copies)
    writer, topic = client.producer(target), target.topic("journal")
    written = 0
    for copy in range(copies):
        for partition, its_key, value, headers in found:
            key = its_key
            if key is None and copy:
                continue
            said = value
            if key is not None:
                name = names[key.decode()][copy].encode()
                said, key = value.replace(b'"tenant":"%s"' % key, b'"tenant":"%s"' % name), name
                written += 1
            write(writer, topic, said, key, partition, headers)
    writer.flush()
    return written


def _names_beside(copies: int) -> dict[str, list[str]]:
    """Of each tenant so many names that live where it lives; the first is its own."""
    found = {name: [name] for name in tenants()}
    for name, beside in found.items():
        numbers = (f"{name}-{number}" for number in count())
        home = partition_of(name, PARTITIONS)
        beside += [next(one for one in numbers if partition_of(one, PARTITIONS) == home) for _ in range(copies - 1)]
    return found
