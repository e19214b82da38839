"""A journal and its dead letters into the topics of a log, as a sequencer leaves them there."""

from __future__ import annotations

from random import Random

from streams.kafka.address import Address
from streams.kafka.client import producer
from streams.kafka.said import encode_letter
from streams.partition import partition_of
from tests.faust.carried import Carrier, mixed
from tests.runtimes.lived import Lived

_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def carry(address: Address, journal: Lived, seed: int = 1) -> None:
    """Writes every tenant's records in its order, tenants among each other, in stretches of every codec."""
    events, carrier, draw = mixed(journal.journals, seed), Carrier(address), Random(f"carried {seed}")
    place = 0
    while place < len(events):
        size = draw.randint(1, 2_000)
        carrier.write(events[place : place + size], draw.choice(_CODECS))
        place += size
    writer = producer(address)
    for letter in journal.letters:
        partition = partition_of(letter.tenant, address.partitions)
        writer.produce(address.topic("dead-letters"), encode_letter(letter), letter.tenant.encode(), partition)
    assert writer.flush(30) == 0
