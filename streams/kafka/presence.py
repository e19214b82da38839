"""Waiting until a broker is there: what is to run for years may be started first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from confluent_kafka import KafkaException

from streams.kafka.address import Address
from streams.kafka.client import admin, passes, unreachable

_ASK_SECONDS: Final = 2.0


def await_broker(address: Address, given_up: Callable[[], bool], tell: Callable[[str], None]) -> bool:
    """Returns when a broker answers; False when `given_up` before. That it waits is told once.

    Raises BrokerUnreachable where the broker answers, and says no.
    """
    asked, told = admin(address), False
    while not given_up():
        try:
            asked.list_topics(timeout=_ASK_SECONDS)
        except KafkaException as error:
            if not passes(error.args[0]):
                raise unreachable(error) from error
            if not told:
                tell(f"no broker answers at {address.bootstrap}: waiting for it")
                told = True
        else:
            return True
    return False
