"""What a fold says, on its way to Kafka: to the outbox topics, to the intake topic `system`, and to saved state."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from schemas.decode import encode
from schemas.instant import format_instant
from streams.kafka.address import Address
from streams.kafka.headers import journal_headers
from streams.kafka.said import Wait, encode_alert, encode_letter, encode_said, encode_wait
from streams.kafka.sending import Sender, Span
from streams.kafka.state_topic import state_topic
from streams.partition_fold import Outcome, Waiting
from streams.table_store import Change


class Outputs:
    """Writes what outcomes say, and the rows that save them; nothing holds before `settle` returns.

    It waits for as long as no broker answers, unless `given_up` says so. One thread at a time. After WriteFailed it is
    not known what arrived: throw it away, and fold it again.
    """

    def __init__(self, address: Address, given_up: Callable[[], bool] = lambda: False) -> None:
        self._topics = {name: address.topic(name) for name in ("facts", "alerts", "waits", "dead-letters", "system")}
        self._state = state_topic(address)
        self._sender = Sender(address, given_up)
        self._rows: dict[int, Span] = {}

    def say(self, partition: int, outcome: Outcome, generation: int) -> None:
        """Facts, alerts and waits of its batches, and what is to be said of steps that raised. Raises WriteFailed."""
        topics, send_all = self._topics, self._sender.send_all
        for batch in outcome.batches:
            key = batch.tenant.encode()
            send_all(topics["facts"], partition, ((key, encode_said(said, generation), []) for said in batch.said))
            send_all(topics["alerts"], partition, ((key, encode_alert(alert), []) for alert in batch.alerts))
        waits = outcome.waits
        send_all(topics["waits"], partition, ((one.tenant.encode(), encode_wait(_wait(one)), []) for one in waits))
        for letter, event in outcome.refusals:
            key = event.tenant.encode()
            self._sender.send(topics["dead-letters"], partition, key, encode_letter(letter, sealed=False), [])
            headers = journal_headers(event.type, event.id, event.source, format_instant(event.occurred_at))
            self._sender.send(topics["system"], partition, key, encode(event), headers)

    def save(self, partition: int, changes: Iterable[Change]) -> None:
        """Rows of saved state; None deletes one. Raises WriteFailed."""
        self._sender.send_all(self._state, partition, ((key, value, []) for key, value in changes))

    def settle(self) -> None:
        """Waits until everything sent is confirmed. Raises WriteFailed where something is not."""
        for (topic, partition), span in self._sender.confirm().items():
            if topic == self._state:
                had = self._rows.get(partition)
                sent = span.messages if had is None else had.messages + span.messages
                self._rows[partition] = Span(span.first if had is None else had.first, span.last, sent)

    def close(self) -> None:
        """Lets go of what is not confirmed, and of the connections."""
        self._sender.close()

    def taken(self, partition: int) -> Span:
        """Where the confirmed rows of a partition's saved state lie, of those since this was last asked."""
        return self._rows.pop(partition)


def _wait(one: Waiting) -> Wait:
    return Wait(one.due, one.position, one.clock)
