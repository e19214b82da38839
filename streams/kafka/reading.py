"""Reading as it comes: what is there now, and the news that there is no more."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from streams.kafka.client import ASK_SECONDS, passes, unreachable
from streams.kafka.coordinator import QUESTION_SECONDS, answered

_LOOK_SECONDS: Final = 0.05


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


def stored_of(asked: Consumer, places: Sequence[TopicPartition]) -> list[TopicPartition]:
    """These places with the offsets that the consumer's group stored, negative where none. Raises BrokerUnreachable."""
    try:
        return answered(lambda: asked.committed(list(places), timeout=QUESTION_SECONDS))
    except KafkaException as error:
        raise unreachable(error) from error


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


def bounds_of(asked: AdminClient, topic: str, partitions: Iterable[int]) -> dict[int, tuple[int, int]]:
    """As `client.bounds`, of many partitions with two questions. Raises BrokerUnreachable."""
    wanted = [TopicPartition(topic, partition) for partition in partitions]
    first = _offsets(asked, wanted, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(asked, wanted, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    return {partition: (first[partition], end) for partition, end in ends.items()}


def _offsets(asked: AdminClient, places: Sequence[TopicPartition], wanted: OffsetSpec) -> dict[int, int]:
    until = time.monotonic() + ASK_SECONDS
    while places:
        answers = asked.list_offsets(dict.fromkeys(places, wanted), request_timeout=ASK_SECONDS)
        try:
            return {place.partition: int(answer.result().offset) for place, answer in answers.items()}
        except KafkaException as error:
            # A topic that was made a moment ago, or whose broker just came back, has no leader yet.
            if time.monotonic() > until or not passes(error.args[0]):
                raise unreachable(error) from error
            time.sleep(_LOOK_SECONDS)
            # Of a broker that was restarted the client may know an old epoch until it is told anew.
            cluster_of(asked)
    return {}


def cluster_of(asked: AdminClient) -> str:
    """The id that the brokers' cluster got when it was made. Raises BrokerUnreachable."""
    try:
        return str(asked.list_topics(timeout=ASK_SECONDS).cluster_id)
    except KafkaException as error:
        raise unreachable(error) from error
