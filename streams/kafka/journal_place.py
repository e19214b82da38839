"""Where a journal stands, for a job that reads it elsewhere: which journal it is, its ends, and what a group stored."""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection

from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, admin, bounds, consumer, partitions_of, unreachable
from streams.kafka.coordinator import QUESTION_SECONDS, answered
from streams.kafka.failures import TopicsDiffer


class JournalPlace(NamedTuple):
    """The id under which the broker knows the topic (made again it is another), and each partition's next offset."""

    id: str
    ends: dict[int, int]

    @property
    def partitions(self) -> int:
        return len(self.ends)


def journal_place(address: Address) -> JournalPlace:
    """Where the journal stands now. Raises TopicsDiffer where there is none, BrokerUnreachable."""
    topic = address.topic("journal")
    # Named, for a client that nothing refers to any more gives its questions up.
    asked, described_by = consumer(address), admin(address)
    try:
        partitions = partitions_of(asked, topic)
        if not partitions:
            raise TopicsDiffer(f"there is no topic {topic}: run `millrace topics apply`")
        ends = {partition: bounds(asked, topic, partition)[1] for partition in range(partitions)}
        described = described_by.describe_topics(TopicCollection([topic]))[topic].result(ASK_SECONDS)
    except KafkaException as error:
        raise unreachable(error) from error
    finally:
        asked.close()
    return JournalPlace(str(described.topic_id), ends)


def forget_group(address: Address, group: str) -> None:
    """Forgets how far a group of readers had got; none of them may be running. Raises BrokerUnreachable."""
    asked = admin(address)

    def forget() -> None:
        asked.delete_consumer_groups([group], request_timeout=QUESTION_SECONDS)[group].result(ASK_SECONDS)

    try:
        answered(forget)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
            raise unreachable(error) from error
