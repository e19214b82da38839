"""How far a group of readers has got in a topic, as the offsets stored with it tell."""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

from streams.kafka.address import Address
from streams.kafka.client import admin, consumer, partitions_of
from streams.kafka.reading import bounds_of, stored_of


class Backlog:
    """Asks again and again, over one connection. Close it."""

    def __init__(self, address: Address, group: str, topic: str) -> None:
        self._asked: Consumer = consumer(address, group)
        self._admin = admin(address)
        self._topic = topic
        self._partitions = partitions_of(self._asked, topic)

    def by_partition(self) -> dict[int, int]:
        """Records of each partition that the group has not been through. Raises BrokerUnreachable."""
        places = [TopicPartition(self._topic, partition) for partition in range(self._partitions)]
        stored = stored_of(self._asked, places)
        bounds = bounds_of(self._admin, self._topic, range(self._partitions))
        left: dict[int, int] = {}
        for place in stored:
            first, end = bounds[place.partition]
            # Where nothing is stored the offset is negative: the group has not begun.
            left[place.partition] = end - max(first, place.offset)
        return left

    def close(self) -> None:
        self._asked.close()
