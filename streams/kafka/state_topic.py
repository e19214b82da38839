"""The topics `state` and `cells`: what is folded, row by row, compacted; caches of the journal like any other.

`state` is the changelog of every worker's table. Deleting it costs a fold of the journal from its beginning, nothing
else. A Flink job keeps its state to itself, and lets others read in `cells` what answers are read from.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from processors.catalog import PROCESSORS
from processors.contract import Processor
from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, admin, consumer, partitions_of, unreachable
from streams.kafka.failures import KafkaFailed, TopicsDiffer
from streams.kafka.ranges import records_of_all
from streams.kafka.reading import bounds_of
from streams.table_store import MemoryRows, TableStore

NAME: Final = "state"
CELLS: Final = "cells"
_MOST_ROUNDS: Final = 20


def state_topic(address: Address) -> str:
    """The topic's name on this log."""
    return address.prefix + NAME


def prepare_state_topic(address: Address) -> tuple[int, str]:
    """Makes the topic unless it is there; its partitions, and the id under which the broker knows it.

    A topic that was deleted and made again has another id. Raises TopicsDiffer where the journal is missing or has
    another number of partitions.
    """
    return _prepared(address, state_topic(address))


def prepare_cells_topic(address: Address) -> str:
    """Makes the topic `cells` unless it is there; its name on this log. Raises TopicsDiffer, as above."""
    name = address.prefix + CELLS
    _prepared(address, name)
    return name


class KeptTopics:
    """Which of the two there are by now: one client for all looks, for each has threads and connections of its own."""

    def __init__(self, address: Address) -> None:
        self._prefix = address.prefix
        self._admin = admin(address)

    def names(self) -> list[str]:
        """Raises BrokerUnreachable."""
        return [name for name in (NAME, CELLS) if partitions_of(self._admin, self._prefix + name)]


def state_ends(address: Address, partitions: Sequence[int]) -> dict[int, int]:
    """The offset that the next row of each partition gets."""
    bounds = bounds_of(admin(address), state_topic(address), partitions)
    return {partition: end for partition, (_, end) in bounds.items()}


def saved_state(address: Address, catalog: Sequence[Processor[Any]] = PROCESSORS) -> TableStore:
    """Everything that workers have saved by now, whether they run or not, as a fold store to be read."""
    rows, topic = MemoryRows(), state_topic(address)
    asked = consumer(address)
    try:
        _read(asked, admin(address), topic, rows)
    finally:
        asked.close()
    return TableStore(rows, catalog)


def _read(asked: Consumer, admins: AdminClient, topic: str, rows: MemoryRows) -> None:
    """Reads every partition up to its end, and on to where it has grown meanwhile.

    A row that compaction took away while we read has a newer version, which by then lies before the end.
    """
    places: dict[int, int] = {}
    for _ in range(_MOST_ROUNDS):
        bounds = bounds_of(admins, topic, range(partitions_of(asked, topic)))
        places = {partition: places.get(partition, first) for partition, (first, _) in bounds.items()}
        grown = {partition: end for partition, (_, end) in bounds.items() if places[partition] < end}
        if not grown:
            return
        for message in records_of_all(asked, topic, {number: (places[number], end) for number, end in grown.items()}):
            rows.write([(message.key() or b"", message.value())])
        places |= grown


def _prepared(address: Address, name: str) -> tuple[int, str]:
    asked = admin(address)
    journal = address.topic("journal")
    partitions = partitions_of(asked, journal)
    if not partitions:
        raise TopicsDiffer(f"there is no topic {journal}: run `millrace topics apply`")
    if not partitions_of(asked, name):
        _make(asked, name, partitions, _copies(asked, journal))
    # Brokers learn of a topic some time after it was made.
    until = time.monotonic() + ASK_SECONDS
    while not (found := partitions_of(asked, name)) and time.monotonic() < until:
        time.sleep(0.05)
    if found != partitions:
        raise TopicsDiffer(f"{name} has {found} partitions and {journal} {partitions}: delete {name}, it is made again")
    return partitions, str(_described(asked, name).topic_id)


def _make(asked: AdminClient, name: str, partitions: int, copies: int) -> None:
    config = {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        # Segments this small are compacted while they are still warm; a restart reads what is left.
        "segment.bytes": str(64 << 20),
        "min.cleanable.dirty.ratio": "0.3",
        "max.message.bytes": str(8 << 20),
    }
    topic = NewTopic(name, num_partitions=partitions, replication_factor=copies, config=config)
    try:
        asked.create_topics([topic])[name].result(ASK_SECONDS)
    except KafkaException as error:
        # Another worker was quicker.
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise KafkaFailed(f"{name} could not be made: {error.args[0].str()}") from error


def _copies(asked: AdminClient, topic: str) -> int:
    partitions = asked.list_topics(topic, timeout=ASK_SECONDS).topics[topic].partitions
    return min(len(partition.replicas) for partition in partitions.values())


def _described(asked: AdminClient, topic: str) -> Any:
    try:
        return asked.describe_topics(TopicCollection([topic]))[topic].result(ASK_SECONDS)
    except KafkaException as error:
        raise unreachable(error) from error
