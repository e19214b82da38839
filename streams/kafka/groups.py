"""Groups of readers on a log: which of them have a member that lives."""

from __future__ import annotations

from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException

from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, admin, unreachable

_ALIVE = frozenset(
    (
        ConsumerGroupState.STABLE,
        ConsumerGroupState.PREPARING_REBALANCING,
        ConsumerGroupState.COMPLETING_REBALANCING,
    )
)


def living_groups(address: Address, beginning: str) -> list[str]:
    """Names of the log's groups that begin so and have members, sorted. Raises BrokerUnreachable."""
    return _groups(address, beginning, states=set(_ALIVE))


def known_groups(address: Address, beginning: str) -> list[str]:
    """As `living_groups`, with those that have no member now."""
    return _groups(address, beginning)


def _groups(address: Address, beginning: str, **wanted: Any) -> list[str]:
    # Kept until the answer is there: with the last name for it the client ends, and answers that there are none.
    asked = admin(address)
    try:
        found = asked.list_consumer_groups(request_timeout=ASK_SECONDS, **wanted).result()
    except KafkaException as error:
        raise unreachable(error) from error
    if found.errors:
        raise unreachable(KafkaException(found.errors[0]))
    return sorted(one.group_id for one in found.valid if one.group_id.startswith(address.prefix + beginning))
