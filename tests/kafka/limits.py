"""What an operator may set at the broker while somebody writes."""

from __future__ import annotations

import time

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)


def lower_limit(topic: str, asked: AdminClient) -> None:
    """Has the broker take no batch over 20,000 bytes any more, as an operator might."""
    entry = ConfigEntry("max.message.bytes", "20000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    asked.incremental_alter_configs([resource])[resource].result()
    described = ConfigResource(ResourceType.TOPIC, topic)
    while asked.describe_configs([described])[described].result()["max.message.bytes"].value != "20000":
        time.sleep(0.02)
