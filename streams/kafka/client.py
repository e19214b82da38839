"""Clients of a broker, each with the settings that the promises of the log need: the one place that says them."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.decode import LARGEST_RECORD_BYTES
from streams.kafka.address import Address
from streams.kafka.failures import BrokerUnreachable, KafkaFailed, RecordsLost

# A taken record carries the original beside the redacted text, in base64, and stamps.
LARGEST_MESSAGE_BYTES = 4 * LARGEST_RECORD_BYTES
# What may wait to be sent: more than this and `produce` waits.
QUEUED_MESSAGES = 100_000
QUEUED_KIB = 65_536
DELIVERY_SECONDS = 60
ASK_SECONDS = 20.0
_LOOK_SECONDS = 0.02

_log = logging.getLogger("millrace.kafka")
# The client warns of each use of a setting that it calls experimental. It is meant: without it a writer goes on behind
# a record that was lost.
_log.addFilter(lambda record: "enable.gapless.guarantee is experimental" not in record.getMessage())


def admin(address: Address) -> AdminClient:
    """Asks about topics and changes them."""
    return AdminClient(_everywhere(address), logger=_log)


def producer(address: Address, **settings: Any) -> Producer:
    """Writes each message once and in order, or says that it did not; confirmed means every in-sync copy has it."""
    return Producer(
        {
            **_everywhere(address),
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 5,
            "batch.size": 1_048_576,
            "message.max.bytes": LARGEST_MESSAGE_BYTES,
            "queue.buffering.max.messages": QUEUED_MESSAGES,
            "queue.buffering.max.kbytes": QUEUED_KIB,
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            **settings,
        },
        logger=_log,
    )


def consumer(address: Address, group: str | None = None, **settings: Any) -> Consumer:
    """Reads; where it is and what is stored of it is said by the caller alone, and a lost offset is an error.

    Without a group it must be told partitions and offsets, and stores none: it reads what is known to be there, and a
    question asked behind a fetch that waits for more would be answered only after that.
    """
    return Consumer(
        {
            **_everywhere(address),
            "group.id": group or "millrace-reads-alone",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "check.crcs": True,
            "enable.partition.eof": False,
            "queued.max.messages.kbytes": QUEUED_KIB // 4,
            "fetch.message.max.bytes": LARGEST_MESSAGE_BYTES,
            "fetch.wait.max.ms": 10 if group is None else 100,
            **settings,
        },
        logger=_log,
    )


def partitions_of(asked: Consumer | Producer | AdminClient, topic: str) -> int:
    """How many partitions a topic has, 0 where there is no such topic. Raises BrokerUnreachable."""
    try:
        found = asked.list_topics(topic, timeout=ASK_SECONDS).topics[topic]
    except KafkaException as error:
        raise unreachable(error) from error
    return 0 if found.error is not None else len(found.partitions)


def bounds(asked: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The first offset a partition holds and the one its next message gets. Raises BrokerUnreachable."""
    until = time.monotonic() + ASK_SECONDS
    while True:
        try:
            low, high = asked.get_watermark_offsets(TopicPartition(topic, partition), timeout=ASK_SECONDS)
        except KafkaException as error:
            # A topic that was made a moment ago, or whose broker just came back, has no leader yet.
            if time.monotonic() > until or not passes(error.args[0]):
                raise unreachable(error) from error
            time.sleep(_LOOK_SECONDS)
        else:
            return low, high


def checked(message: Message, asked: Consumer, wanted: int) -> Message | None:
    """The message itself; None for an event of the client that needs nothing.

    Raises RecordsLost where the partition does not hold the offset `wanted`, KafkaFailed for what else went wrong.
    """
    error = message.error()
    if error is None:
        return message
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the library's own name for it
        return None
    topic, partition = message.topic() or "", message.partition() or 0
    if error.code() in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):  # noqa: SLF001
        raise RecordsLost(topic, partition, wanted, *bounds(asked, topic, partition))
    if error.retriable() or error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
        return None
    raise KafkaFailed(f"{topic}/{partition}: {error.str()}")


def passes(error: KafkaError) -> bool:
    """Whether waiting may help: with everything but a broker that says no."""
    return error.code() not in (
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - the library's own name for it
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
    )


def unreachable(error: KafkaException) -> BrokerUnreachable:
    """The same failure in words for people."""
    return BrokerUnreachable(f"no broker answered ({error.args[0].str()}): is it up, and is its address right?")


def raw_headers_of(message: Message) -> list[tuple[str, bytes | None]]:
    """A message's headers, in order."""
    return cast("list[tuple[str, bytes | None]]", message.headers() or [])


def headers_of(message: Message) -> Mapping[str, bytes]:
    """A message's headers by name; of several of one name the last holds."""
    return {name: value for name, value in raw_headers_of(message) if value is not None}


def _everywhere(address: Address) -> dict[str, Any]:
    return {
        "bootstrap.servers": address.bootstrap,
        "client.id": "millrace",
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 1000,
        "broker.address.family": "v4" if address.bootstrap.startswith("127.") else "any",
        "log_level": 4,
    }
