"""A log on Kafka as what is carried away, and as what another log is carried into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from schemas.decode import encode
from streams.carriage import Carriage
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.checkpoint import Checkpoint, partition_folder
from streams.kafka.failures import RecordsLost
from streams.kafka.headers import digest_of, type_of
from streams.kafka.journal import Clock, PartitionWriter
from streams.kafka.letters import letters_in
from streams.kafka.ranges import records as records_between
from streams.kafka.reading import cluster_of
from streams.kafka.said import encode_letter
from streams.kafka.sending import Sender
from streams.kafka.standing import Recorded, Standing
from streams.kafka.topics import require_topics
from streams.partition import partition_of
from streams.transfer import AT_ONCE, NOWHERE, Carried, CarriedLetter, Place


class KafkaSource:
    """The journal and the dead letters of an address. Raises RecordsLost where the journal's beginning is gone."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._partitions = require_topics(address)
        self._reader = client.consumer(address)

    def total(self) -> int:
        topic = self._address.topic("journal")
        return sum(client.bounds(self._reader, topic, number)[1] for number in range(self._partitions))

    def batches(self, held: Callable[[str], Place]) -> Iterator[list[Carried]]:
        topic = self._address.topic("journal")
        for partition in range(self._partitions):
            low, high = client.bounds(self._reader, topic, partition)
            if low:
                raise RecordsLost(topic, partition, 0, low, high)
            carriage = Carriage()
            found = records_between(self._reader, topic, partition, 0, high)
            while messages := list(islice(found, AT_ONCE)):
                batch: list[Carried] = []
                for message in messages:
                    headers = client.raw_headers_of(message)
                    event = carriage.take(type_of(headers), message.value() or b"")
                    if event is not None:
                        digest = digest_of(headers)
                        entry = None if digest is None else (event.tenant, event.source, event.id, digest)
                        batch.append(Carried(event, entry))
                yield batch

    def letters(self) -> Iterator[CarriedLetter]:
        topic = self._address.topic("dead-letters")
        for partition in range(self._partitions):
            for kept in letters_in(self._reader, topic, partition).values():
                yield CarriedLetter(*kept)

    def close(self) -> None:
        self._reader.close()


class KafkaTarget:
    """The journal and the dead letters of an address, each partition under a writer of this process.

    No sequencer may write there meanwhile: both would be fenced. `home` keeps checkpoints.
    """

    def __init__(self, address: Address, home: Path, clock: Clock) -> None:
        self._address = address
        self._partitions = require_topics(address)
        self._closing = ExitStack()
        self._sender = Sender(address)
        self._closing.callback(self._sender.close)
        self._reader = client.consumer(address)
        self._closing.callback(self._reader.close)
        cluster = cluster_of(client.admin(address))
        self._writers: list[PartitionWriter] = []
        try:
            for partition in range(self._partitions):
                standing = Standing(
                    Checkpoint.open(partition_folder(home, cluster, address, partition)), self._partitions
                )
                self._closing.callback(standing.close)
                self._writers.append(PartitionWriter(address, partition, standing, clock))
        except BaseException:
            self.close()
            raise

    def open(self) -> None:
        """Begins an epoch in every partition, after reading what is there."""
        for writer in self._writers:
            for _ in writer.opening(self._reader, self._sender):
                pass

    def held(self, tenant: str) -> Place:
        found = self._writer(tenant).standing.tenants.get(tenant)
        return NOWHERE if found is None else Place(found.position, found.last_id)

    def write(self, batch: Sequence[Carried]) -> None:
        by_partition: dict[int, list[Recorded]] = {}
        for event, entry in batch:
            writer = self._writer(event.tenant)
            event.stamped(epoch=writer.epoch, intake=None)
            by_partition.setdefault(writer.partition, []).append(Recorded(event, entry, encode(event)))
        for partition, records in by_partition.items():
            self._writers[partition].send(self._sender, records)
        spans = self._sender.confirm()
        for partition, records in by_partition.items():
            writer = self._writers[partition]
            with writer.standing.changing():
                writer.confirmed(records, spans)

    def keep(self, letters: Sequence[CarriedLetter]) -> None:
        topic = self._address.topic("dead-letters")
        new = [one for one in letters if self._writer(one.letter.tenant).standing.letter(one.letter.letter) is None]
        for letter, sealed in new:
            partition = partition_of(letter.tenant, self._partitions)
            self._sender.send(topic, partition, letter.tenant.encode(), encode_letter(letter, sealed=sealed), [])
        self._sender.confirm()
        for letter, _ in new:
            standing = self._writer(letter.tenant).standing
            with standing.changing():
                standing.kept(letter, {})

    def close(self) -> None:
        self._closing.close()

    def _writer(self, tenant: str) -> PartitionWriter:
        return self._writers[partition_of(tenant, self._partitions)]
