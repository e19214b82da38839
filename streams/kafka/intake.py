"""The door on Kafka: what the schema holds for goes to its family's intake topic, and is `queued` once it is there.

What becomes of it, a duplicate or a conflict too, shows when the sequencer has taken it. A door needs no keys: what it
refuses goes to the intake as well, for the sequencer to seal and keep as a dead letter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message

from schemas.decode import encode
from schemas.event import Data, Event
from schemas.reasons import Refusal
from schemas.registry import BY_NAME
from streams.checked import checked, own_event
from streams.dead_letter import LARGEST_KEPT_BYTES, letter_id
from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.failures import WriteFailed
from streams.kafka.headers import Headers
from streams.kafka.record import BACKFILL, ORIGIN, REFUSED, TRACE, RefusedAtDoor, headers_of_event
from streams.kafka.topics import require_topics
from streams.partition import partition_of
from streams.sequencer import Taken, refused

PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.5
# Contents are compared by the sequencer, under the tenant's own secret.
_NO_SECRET = b"door"


class IntakeDoor:
    """Takes records into the intake topics of a log. Thread-safe: calls are taken one after another.

    Every call returns when the broker has all of it on every in-sync copy, or raises WriteFailed: then some of it may
    be there, and the same records can be sent again.
    """

    def __init__(self, address: Address, clock: Callable[[], int], patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.partitions = require_topics(address)
        self._address = address
        self.clock = clock
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        settings: dict[str, Any] = {"delivery.timeout.ms": int(patience_seconds * 1000)}
        self._producer = client.producer(address, **settings)

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records as bytes, each on its own merits: `queued`, or `refused` with the reason.

        Between intake topics there is no order. History comes in its order, and so goes to one: `system`, where the
        marks around it are.
        """
        now = self.clock()
        common: Headers = [(ORIGIN, origin.encode())]
        if backfill:
            common.append((BACKFILL, b"1"))
        taken: list[Taken] = []
        call = _Call()
        with self._lock:
            for place, raw in enumerate(raws):
                trace = traces[place] if traces else None
                try:
                    event = checked(raw, tenant, now, _NO_SECRET).event
                except Refusal as refusal:
                    letter = self._refuse(call, tenant, raw, refusal, origin)
                    taken.append(refused(refusal, None, letter))
                    continue
                traced: Headers = [(TRACE, trace.encode())] if trace else []
                headers = [*headers_of_event(event), *common, *traced]
                self._send(call, "system" if backfill else BY_NAME[event.type].topic, tenant, raw, headers)
                taken.append(Taken("queued", event.id))
            self._confirm(call)
        return taken

    def refuse_inputs(self, tenant: str, inputs: Sequence[tuple[bytes, str]], *, origin: str) -> list[str]:
        """Has (bytes, what is wrong) of input that no event could be made of kept as dead letters; their ids."""
        call = _Call()
        with self._lock:
            letters = [self._refuse(call, tenant, raw, Refusal("unmapped_row", said), origin) for raw, said in inputs]
            self._confirm(call)
        return letters

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> Event:
        """Queues what Millrace itself has to say; said again under one id it is a duplicate."""
        event = own_event(tenant, data, self.clock(), id, occurred_at)
        call = _Call()
        with self._lock:
            self._send(call, BY_NAME[event.type].topic, tenant, encode(event), headers_of_event(event))
            self._confirm(call)
        return event

    def close(self) -> None:
        self._producer.purge()
        self._producer.flush(_LOOK_SECONDS)

    def _refuse(self, call: _Call, tenant: str, raw: bytes, refusal: Refusal, origin: str) -> str:
        letter = letter_id(tenant, origin, raw)
        said = RefusedAtDoor(letter, refusal.reason, refusal.detail, refusal.where)
        headers: Headers = [(ORIGIN, origin.encode()), (REFUSED, msgspec.json.encode(said))]
        self._send(call, "system", tenant, raw[:LARGEST_KEPT_BYTES], headers)
        return letter

    def _send(self, call: _Call, family: str, tenant: str, value: bytes, headers: Headers) -> None:
        topic, partition = self._address.topic(family), partition_of(tenant, self.partitions)
        while True:
            try:
                self._producer.produce(
                    topic, value, tenant.encode(), partition, headers=headers, on_delivery=call.delivered
                )
            except BufferError:
                self._producer.poll(_LOOK_SECONDS)
            except KafkaException as error:
                raise WriteFailed(f"{topic}: {error.args[0].str()}") from error
            else:
                call.left += 1
                return

    def _confirm(self, call: _Call) -> None:
        until = time.monotonic() + 2 * self._patience_seconds
        while call.left and time.monotonic() < until:
            self._producer.flush(_LOOK_SECONDS)
        if call.failed is not None or call.left:
            said = call.failed.str() if call.failed is not None else "no broker confirmed them in time"
            raise WriteFailed(f"records could not be queued ({said}): send the same again, nothing is taken twice")


class _Call:
    """What one call has on its way."""

    def __init__(self) -> None:
        self.left = 0
        self.failed: KafkaError | None = None

    def delivered(self, error: KafkaError | None, message: Message) -> None:
        self.left -= 1
        if error is not None:
            self.failed = error
