"""What goes wrong between Millrace and a broker, each with what to do about it."""

from __future__ import annotations


class KafkaFailed(Exception):
    """Kafka did not do what was asked; the message says what, with which topic, and what to do."""


class AddressInvalid(KafkaFailed):
    """An address of a log on Kafka cannot be read."""


class BrokerUnreachable(KafkaFailed):
    """No broker answered in time."""


class TopicsDiffer(KafkaFailed):
    """A topic is missing or is not as it must be."""


class RecordsLost(KafkaFailed):
    """Records that were not read yet are gone from a topic: it was cut, or its retention passed them."""

    def __init__(self, topic: str, partition: int, wanted: int, first: int, end: int) -> None:
        super().__init__(
            f"{topic}/{partition}: offset {wanted} is wanted, but the topic holds {first} to {end}: records are lost; "
            "restore the topic from a copy, or rebuild what is kept of it from an export"
        )
        self.topic = topic
        self.partition = partition
        self.wanted = wanted
        self.first = first
        self.end = end


class WriteFailed(KafkaFailed):
    """A write was not confirmed; whether it is in the topic is not known until the partition is read again."""
