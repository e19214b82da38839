"""Asking the broker that keeps a group, which may not know yet that it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException

from streams.kafka.client import ASK_SECONDS, unreachable

_LOOK_SECONDS: Final = 0.1
# So long is one question: the first one at a broker that never kept a group is not answered at all.
QUESTION_SECONDS: Final = 3.0
# Who keeps the groups is found out anew where a broker has just begun, or has left.
_NOT_YET: Final = (
    KafkaError._TIMED_OUT,  # noqa: SLF001 - the library's own name for it
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)

Answer = TypeVar("Answer")


def answered(question: Callable[[], Answer]) -> Answer:
    """The answer to a question about a group, asked again until its keeper is found.

    A question waits no longer than `QUESTION_SECONDS`. Raises BrokerUnreachable, and KafkaException where the keeper
    says something else.
    """
    until = time.monotonic() + ASK_SECONDS
    while True:
        try:
            return question()
        except KafkaException as error:
            if error.args[0].code() not in _NOT_YET:
                raise
            if time.monotonic() > until:
                raise unreachable(error) from error
        time.sleep(_LOOK_SECONDS)
