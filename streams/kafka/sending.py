"""Messages sent together and confirmed together: where they lie in their topics, or that something went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.failures import WriteFailed
from streams.kafka.headers import Headers

_LOOK_SECONDS = 0.5

# Key, value, headers.
Outgoing = tuple[bytes | None, bytes, Headers]


class Span(NamedTuple):
    """Where so many messages of one partition lie; fewer than the stretch is long where others wrote in between."""

    first: int
    last: int
    messages: int

    @property
    def unbroken(self) -> bool:
        """Whether nobody else wrote in between."""
        return self.last - self.first + 1 == self.messages


class Sender:
    """Sends messages in order, each exactly once while this object lives. Not thread-safe.

    It waits for as long as no broker answers, unless `given_up`, and sends nothing after a message that failed: a
    message that is missing between two others would be a gap in a journal for ever. Once `confirm` has raised
    WriteFailed only a new sender may go on, after what was written is read again.
    """

    def __init__(self, address: Address, given_up: Callable[[], bool] = lambda: False) -> None:
        gapless: dict[str, Any] = {
            # A message given up by the client alone would be missing between others.
            "delivery.timeout.ms": 0,
            "enable.gapless.guarantee": True,
            # It warns at every start that the line above is new.
            "log_level": 3,
            "error_cb": self._troubled,
        }
        self._producer: Producer = client.producer(address, **gapless)
        self._given_up = given_up
        self._failed: KafkaError | None = None
        self._reports: dict[tuple[str, int], _Report] = {}

    def send(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        """Hands a message on; waits where too many are on their way. Raises WriteFailed."""
        self.send_all(topic, partition, [(key, value, headers)])

    def send_all(self, topic: str, partition: int, messages: Iterable[Outgoing]) -> None:
        """Hands messages to one partition on, in order; waits where too many are on their way. Raises WriteFailed."""
        report = self._reports.get((topic, partition))
        if report is None:
            report = self._reports[topic, partition] = _Report()
        produce = self._producer.produce
        try:
            for key, value, headers in messages:
                while True:
                    try:
                        produce(topic, value, key, partition, report.delivered, headers=headers)
                        break
                    except BufferError:
                        self._look()
                report.sent += 1
                report.delivered = report.later.__setitem__
        except KafkaException as error:
            raise WriteFailed(f"{topic}/{partition}: {error.args[0].str()}") from error

    def confirm(self) -> dict[tuple[str, int], Span]:
        """Waits until every in-sync copy has what was sent since the last time; where it lies, by topic and partition.

        Raises WriteFailed where that cannot be said.
        """
        while self._look() and self._failed is None:
            pass
        reports, self._reports = self._reports, {}
        failed = next((report.failed for report in reports.values() if report.failed is not None), self._failed)
        if failed is not None:
            raise WriteFailed(f"a message was not confirmed ({failed.str()}): it may be in its topic or not")
        return {place: report.span for place, report in reports.items() if report.sent}

    def close(self) -> None:
        """Lets go of what is not confirmed, and of the connections."""
        self._producer.purge()
        self._producer.flush(_LOOK_SECONDS)

    def _look(self) -> int:
        """Gives the client time to send; how many messages are not confirmed yet."""
        try:
            left = self._producer.flush(_LOOK_SECONDS)
        except (KafkaException, SystemError) as error:
            # The client raises what ends it for good instead of reporting it; where a report is due at the same
            # time, the interpreter complains of two errors at once.
            cause = error if isinstance(error, KafkaException) else error.__cause__
            said = cause.args[0].str() if isinstance(cause, KafkaException) else str(error)
            raise WriteFailed(f"a message was not confirmed ({said}): it may be in its topic or not") from error
        if left and self._given_up():
            raise WriteFailed("stopped while messages were on their way: they may be in their topics or not")
        return left

    def _troubled(self, error: KafkaError) -> None:
        if error.fatal():
            self._failed = error


class _Report:
    """What was confirmed of the messages to one partition: by error, or None, the message that it was said of last.

    A dictionary takes this in without running any of our own code, which for every message is much.
    """

    __slots__ = ("delivered", "first", "later", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.first: dict[KafkaError | None, Message] = {}
        self.later: dict[KafkaError | None, Message] = {}
        self.delivered: Callable[[KafkaError | None, Message], None] = self.first.__setitem__

    @property
    def failed(self) -> KafkaError | None:
        return next((error for error in (*self.first, *self.later) if error is not None), None)

    @property
    def span(self) -> Span:
        first, last = self.first[None], self.later.get(None, self.first[None])
        return Span(first.offset() or 0, last.offset() or 0, self.sent)
