"""Groups of readers on a log: which of them have a member that lives."""

from __future__ import annotations

from confluent_kafka import ConsumerGroupState, KafkaException

from streams.kafka.address import Address
from streams.kafka.client import ASK_SECONDS, admin, unreachable


def living_groups(address: Address, beginning: str) -> list[str]:
    """Names of the log's groups that begin so and have members, sorted. Raises BrokerUnreachable."""
    alive = {
        ConsumerGroupState.STABLE,
        ConsumerGroupState.PREPARING_REBALANCING,
        ConsumerGroupState.COMPLETING_REBALANCING,
    }
    try:
        found = admin(address).list_consumer_groups(states=alive, request_timeout=ASK_SECONDS).result()
    except KafkaException as error:
        raise unreachable(error) from error
    return sorted(one.group_id for one in found.valid if one.group_id.startswith(address.prefix + beginning))
