"""Of messages sent together only the first and the last are asked about: none between them is missing unnoticed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import pytest

from streams.kafka.address import Address
from streams.kafka.client import admin, consumer
from streams.kafka.failures import WriteFailed
from streams.kafka.ranges import available, records
from streams.kafka.sending import Outgoing, Sender, Span
from streams.kafka.topics import apply_topics
from tests.kafka.limits import lower_limit


@pytest.fixture
def topic(address: Address) -> str:
    apply_topics(address)
    return address.topic("facts")


def values_in(address: Address, topic: str) -> list[bytes]:
    reader = consumer(address)
    try:
        end = available(reader, topic, 0, 0)
        return [message.value() or b"" for message in records(reader, topic, 0, 0, end)]
    finally:
        reader.close()


def numbered(count: int) -> list[Outgoing]:
    return [(b"acme", b"%d" % number, []) for number in range(count)]


@pytest.mark.parametrize("parts", [(1,), (2,), (3,), (1, 1), (3, 1, 0, 4), (0,)])
def test_a_span_is_told_of_everything_sent(address: Address, topic: str, parts: tuple[int, ...]) -> None:
    sender = Sender(address)
    try:
        waiting = iter(numbered(sum(parts)))
        for part in parts:
            sender.send_all(topic, 0, (next(waiting) for _ in range(part)))
        total = sum(parts)
        assert sender.confirm() == ({(topic, 0): Span(0, total - 1, total)} if total else {})
        assert sender.confirm() == {}
    finally:
        sender.close()
    assert values_in(address, topic) == [b"%d" % number for number in range(sum(parts))]


@pytest.mark.parametrize("together", [True, False])
def test_a_message_refused_between_two_others_is_noticed(address: Address, topic: str, together: bool) -> None:
    """Whether the broker refuses it with its neighbours or alone, when the first has long been confirmed."""
    lower_limit(topic, admin(address))
    noise = Random(7).randbytes(40_000)

    def outgoing() -> Iterator[Outgoing]:
        for value in (b"first", noise, b"last"):
            yield b"acme", value, []
            time.sleep(0 if together else 0.3)

    sender = Sender(address)

    def send() -> None:
        sender.send_all(topic, 0, outgoing())
        sender.confirm()

    try:
        with pytest.raises(WriteFailed, match="too large"):
            send()
    finally:
        sender.close()
    assert values_in(address, topic) == ([] if together else [b"first"])
