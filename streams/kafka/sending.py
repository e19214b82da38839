"""Messages sent together and confirmed together: where they lie in their topics, or that something went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.kafka import client
from streams.kafka.address import Address
from streams.kafka.failures import WriteFailed
from streams.kafka.headers import Headers

_LOOK_SECONDS = 0.5

# Key, value, headers.
Outgoing = tuple[bytes | None, bytes | None, Headers]


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

    def send(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Hands a message on; waits where too many are on their way. Raises WriteFailed."""
        self.send_all(topic, partition, [(key, value, headers)])

    def send_all(self, topic: str, partition: int, messages: Iterable[Outgoing]) -> None:
        """Hands messages to one partition on, in order; waits where too many are on their way. Raises WriteFailed.

        The client is asked about the first and the last only, since asking costs a tenth of the way: one between them
        that fails is a gap, which ends the client for good.
        """
        report = self._reports.get((topic, partition))
        if report is None:
            report = self._reports[topic, partition] = _Report()
        produce, sent, coming = self._producer.produce, report.sent, iter(messages)
        message = next(coming, None)
        try:
            while message is not None:
                (key, value, headers), message = message, next(coming, None)
                told = report.delivered if message is None or not sent else None
                while True:
                    try:
                        produce(topic, value, key, partition, told, headers=headers)
                        break
                    except BufferError:
                        self._look()
                sent += 1
                if told is not None:
                    report.sent, report.delivered = sent, report.later.__setitem__
        except KafkaException as error:
            raise WriteFailed(f"{topic}/{partition}: {self._cause(error)}") from error

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
        # What ended the client for good was told, or nobody waits for it any more.
        with suppress(KafkaException, SystemError):
            self._producer.flush(_LOOK_SECONDS)

    def _look(self) -> int:
        """Gives the client time to send; how many messages are not confirmed yet."""
        try:
            left = self._producer.flush(_LOOK_SECONDS)
        except (KafkaException, SystemError) as error:
            raise WriteFailed(f"a message was not confirmed ({_said(error)}): it may be in its topic or not") from error
        if left and self._given_up():
            raise WriteFailed("stopped while messages were on their way: they may be in their topics or not")
        return left

    def _cause(self, error: KafkaException) -> str:
        """What went wrong; of a client that has ended it says no more than that, until it is asked."""
        try:
            self._producer.poll(0)
        except (KafkaException, SystemError) as ended:
            return _said(ended)
        return _said(error) if self._failed is None else self._failed.str()

    def _troubled(self, error: KafkaError) -> None:
        if error.fatal():
            self._failed = error


def _said(error: KafkaException | SystemError) -> str:
    """The client raises what ends it for good instead of reporting it.

    Where a report is due at the same time, the interpreter complains of two errors at once.
    """
    cause = error if isinstance(error, KafkaException) else error.__cause__
    return cause.args[0].str() if isinstance(cause, KafkaException) else str(error)


class _Report:
    """What was told of messages to one partition: by error, or None, the message that it was said of last.

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
