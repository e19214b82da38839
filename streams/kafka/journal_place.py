"""Where a journal stands, for a job that reads it elsewhere: which journal it is, its ends, and what a group stored."""

from __future__ import annotations

import time
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection

from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, admin, bounds, consumer, partitions_of, unreachable
from streams.kafka.failures import TopicsDiffer

_LOOK_SECONDS = 0.2
# So long is one question about a group: the first one at a broker that never kept a group is not answered at all.
_QUESTION_SECONDS = 3.0
# A broker that has just started does not know yet who keeps the groups.
_NOT_YET = (
    KafkaError._TIMED_OUT,  # noqa: SLF001 - the library's own name for it
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


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
    until = time.monotonic() + ASK_SECONDS
    while True:
        try:
            asked.delete_consumer_groups([group], request_timeout=_QUESTION_SECONDS)[group].result(ASK_SECONDS)
            return
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return
            if code not in _NOT_YET or time.monotonic() > until:
                raise unreachable(error) from error
        time.sleep(_LOOK_SECONDS)
