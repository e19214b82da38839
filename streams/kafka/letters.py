"""A tenant's dead letters out of the topic `dead-letters`, of which each letter has a record for each time it came."""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import Consumer

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.ranges import records
from streams.kafka.said import decode_letter
from streams.log import Letter
from streams.partition import partition_of

Place = tuple[str, str]  # of a letter: its tenant and its id


class KeptLetter(NamedTuple):
    """A letter, and whether its bytes are sealed under the tenant's key."""

    letter: Letter
    sealed: bool


def kept_after(before: KeptLetter | None, now: KeptLetter) -> KeptLetter:
    """A letter as the next record of it leaves it.

    A writer that was replaced may write what it knew after its successor has: so what was counted most often holds, and
    a letter that was redriven stays so.
    """
    if before is None:
        return now
    newest = now if now.letter.times >= before.letter.times else before
    marks = now.letter.redriven_at, before.letter.redriven_at
    return newest._replace(letter=newest.letter._replace(redriven_at=marks[1] if marks[0] is None else marks[0]))


def letters_in(reader: Consumer, topic: str, partition: int, tenant: str | None = None) -> dict[Place, KeptLetter]:
    """A partition's letters, or those of one tenant, in the order in which they were first kept."""
    found: dict[Place, KeptLetter] = {}
    key = None if tenant is None else tenant.encode()
    for message in records(reader, topic, partition, *client.bounds(reader, topic, partition)):
        if key is None or message.key() == key:
            kept = KeptLetter(*decode_letter(message.value() or b""))
            place = kept.letter.tenant, kept.letter.letter
            found[place] = kept_after(found.get(place), kept)
    return found


def letters_of(address: Address, tenant: str) -> dict[str, KeptLetter]:
    """By id, in the order in which they were first kept. Reads the tenant's partition whole: letters are few.

    Raises BrokerUnreachable, KafkaFailed.
    """
    topic = address.topic("dead-letters")
    asked = client.consumer(address)
    try:
        partitions = client.partitions_of(asked, topic)
        if not partitions:
            return {}
        found = letters_in(asked, topic, partition_of(tenant, partitions), tenant)
    finally:
        asked.close()
    return {id_: kept for (_, id_), kept in found.items()}
