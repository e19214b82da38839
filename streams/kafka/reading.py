"""Reading as it comes: what is there now, and the news that there is no more."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from streams.kafka.client import ASK_SECONDS, unreachable


def gathered(asked: Consumer, most: int, patience_seconds: float) -> list[Message]:
    """What is there, waiting only for the first; events of the client among it."""
    first = asked.poll(patience_seconds)
    if first is None:
        return []
    return [first, *asked.consume(most - 1, 0)]


def reached_end(message: Message) -> bool:
    """Whether this is no record but the news that a partition's end is reached, at the message's offset."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - the library's own name


def ends_of(asked: AdminClient, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Where these (topic, partition) end now for readers of what is committed. Raises BrokerUnreachable."""
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    try:
        answers = asked.list_offsets(
            {TopicPartition(*place): latest for place in places},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=ASK_SECONDS,
        )
        return {(place.topic, place.partition): int(answer.result().offset) for place, answer in answers.items()}
    except KafkaException as error:
        raise unreachable(error) from error


def cluster_of(asked: AdminClient) -> str:
    """The id that the brokers' cluster got when it was made. Raises BrokerUnreachable."""
    try:
        return str(asked.list_topics(timeout=ASK_SECONDS).cluster_id)
    except KafkaException as error:
        raise unreachable(error) from error
