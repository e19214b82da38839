"""A worker that was killed cannot say that it leaves its group: its next life says it, so that nobody waits for it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from aiokafka.client import AIOKafkaClient, CoordinationType  # type: ignore[import-untyped]  # published without types
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from aiokafka.protocol.group import LeaveGroupRequest  # type: ignore[import-untyped]

from streams.kafka.address import Address

_log = logging.getLogger("millrace.worker")


class Membership:
    """Remembers in a worker's folder as whom it was a member of its group. The folder has one process at a time."""

    def __init__(self, folder: Path, address: Address, group: str) -> None:
        self._kept = folder / "member"
        self._address = address
        self._group = group

    def remember(self, consumer: Any) -> None:
        """Notes as whom a Faust consumer is a member now."""
        coordinator = consumer._thread._ensure_consumer()._coordinator  # noqa: SLF001 - said nowhere else
        self._kept.write_text(coordinator.member_id)

    def left(self) -> None:
        """It has left by itself."""
        self._kept.unlink(missing_ok=True)

    async def leave(self) -> None:
        """Leaves as who it was in its last life. Where that fails, the group finds out when its session ends."""
        if not self._kept.exists():
            return
        client = AIOKafkaClient(bootstrap_servers=list(self._address.brokers))
        try:
            await client.bootstrap()
            node = await client.coordinator_lookup(CoordinationType.GROUP, self._group)
            await client.send(node, LeaveGroupRequest(self._group, self._kept.read_text()))
        except KafkaError as error:
            _log.info("the member of the last life could not leave: %r", error)
        else:
            self.left()
        finally:
            await client.close()
