"""Reading as it comes: what is there now, and the news that there is no more."""

from __future__ import annotations

from confluent_kafka import Consumer, KafkaError, Message


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
