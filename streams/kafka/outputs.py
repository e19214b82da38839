"""What a fold says, on its way to Kafka: to the outbox topics, to the intake topic `system`, and to saved state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, Message

from schemas.decode import encode
from schemas.instant import format_instant
from streams.kafka.address import Address
from streams.kafka.client import producer
from streams.kafka.failures import WriteFailed
from streams.kafka.headers import Headers, journal_headers
from streams.kafka.said import Wait, encode_alert, encode_letter, encode_said, encode_wait
from streams.kafka.state_topic import state_topic
from streams.partition_fold import Outcome
from streams.table_store import Change

_POLL_EVERY: Final = 500
_LOOK_SECONDS: Final = 0.5


class Stretch(NamedTuple):
    """Where so many rows lie; fewer than the stretch is long where others wrote in between."""

    first: int
    last: int
    rows: int


class Outputs:
    """Writes what outcomes say, and the rows that save them; nothing holds before `settle` returns.

    It waits for as long as no broker answers, unless `given_up` says so. One thread at a time. After WriteFailed it is
    not known what arrived: throw it away.
    """

    def __init__(self, address: Address, given_up: Callable[[], bool] = lambda: False) -> None:
        self._topics = {name: address.topic(name) for name in ("facts", "alerts", "waits", "dead-letters", "system")}
        self._state = state_topic(address)
        unending: dict[str, Any] = {
            "delivery.timeout.ms": 0,
            "enable.gapless.guarantee": True,
            "on_delivery": self._delivered,
            "error_cb": self._troubled,
        }
        self._producer = producer(address, **unending)
        self._given_up = given_up
        self._failed: KafkaError | None = None
        self._rows: dict[int, Stretch] = {}
        self._sent = 0

    def say(self, partition: int, outcome: Outcome, generation: int) -> None:
        """Facts, alerts and waits of its batches, and what is to be said of steps that raised."""
        facts, alerts = self._topics["facts"], self._topics["alerts"]
        for batch in outcome.batches:
            key = batch.tenant.encode()
            for said in batch.said:
                self._send(facts, partition, key, encode_said(said, generation))
            for alert in batch.alerts:
                self._send(alerts, partition, key, encode_alert(alert))
        for tenant, due, position, clock in outcome.waits:
            self._send(self._topics["waits"], partition, tenant.encode(), encode_wait(Wait(due, position, clock)))
        for letter, event in outcome.refusals:
            key = event.tenant.encode()
            self._send(self._topics["dead-letters"], partition, key, encode_letter(letter, sealed=False))
            headers = journal_headers(event.type, event.id, event.source, format_instant(event.occurred_at))
            self._send(self._topics["system"], partition, key, encode(event), headers)

    def save(self, partition: int, changes: Iterable[Change]) -> None:
        """Rows of saved state; None deletes one."""
        for key, value in changes:
            self._send(self._state, partition, key, value)

    def settle(self) -> None:
        """Waits until everything sent is confirmed. Raises WriteFailed where something is not."""
        while self._producer.flush(_LOOK_SECONDS) and self._failed is None:
            if self._given_up():
                raise WriteFailed("stopped while what the fold says was on its way: it is said again")
        if self._failed is not None:
            raise WriteFailed(f"what the fold says could not be written ({self._failed.str()}): it is folded again")

    def close(self) -> None:
        """Lets go of what is not confirmed, and of the connections."""
        self._producer.purge()
        self._producer.flush(_LOOK_SECONDS)

    def taken(self, partition: int) -> Stretch:
        """Where the confirmed rows of a partition's saved state lie, of those since this was last asked."""
        return self._rows.pop(partition)

    def _send(
        self, topic: str, partition: int, key: bytes, value: bytes | None, headers: Headers | None = None
    ) -> None:
        while True:
            try:
                self._producer.produce(topic, value, key, partition, headers=headers)
                break
            except BufferError:
                self._producer.poll(0.05)
        self._sent += 1
        if not self._sent % _POLL_EVERY:
            self._producer.poll(0)

    def _troubled(self, error: KafkaError) -> None:
        if error.fatal():
            self._failed = error

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed = error
        elif message.topic() == self._state:
            partition, offset = message.partition() or 0, message.offset() or 0
            rows = self._rows.get(partition)
            self._rows[partition] = (
                Stretch(offset, offset, 1) if rows is None else Stretch(rows[0], offset, rows[2] + 1)
            )
