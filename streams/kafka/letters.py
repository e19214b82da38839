"""A tenant's dead letters out of the topic `dead-letters`: of each letter the last record holds."""

from __future__ import annotations

from typing import NamedTuple

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.ranges import records
from streams.kafka.said import decode_letter
from streams.log import Letter
from streams.partition import partition_of


class KeptLetter(NamedTuple):
    """A letter, and whether its bytes are sealed under the tenant's key."""

    letter: Letter
    sealed: bool


def letters_of(address: Address, tenant: str) -> dict[str, KeptLetter]:
    """By id, in the order in which they were first kept. Reads the tenant's partition whole: letters are few.

    Raises BrokerUnreachable, KafkaFailed.
    """
    topic, key = address.topic("dead-letters"), tenant.encode()
    asked = client.consumer(address)
    found: dict[str, KeptLetter] = {}
    try:
        partitions = client.partitions_of(asked, topic)
        if not partitions:
            return found
        partition = partition_of(tenant, partitions)
        low, high = client.bounds(asked, topic, partition)
        for message in records(asked, topic, partition, low, high):
            if message.key() == key:
                letter, sealed = decode_letter(message.value() or b"")
                found[letter.letter] = KeptLetter(letter, sealed)
    finally:
        asked.close()
    return found
