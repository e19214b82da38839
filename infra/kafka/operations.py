"""What an operator does where the log is on Kafka: prove the state, send refused records again, bring history in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.importing import bring
from infra.kafka.saved import saved_hashes
from infra.kafka.service import KafkaService
from infra.redriving import Redriving
from infra.service import NotOnThisLog, OnProgress, Progress, Proof, Redriven
from schemas.event import Data, Event
from streams.kafka.history_door import KafkaHistoryDoor
from streams.kafka.log import KafkaLog
from streams.sequencer import Taken


class KafkaOperations:
    """Acts on one service: its `Operating`."""

    def __init__(self, service: KafkaService) -> None:
        self._service = service

    def run_until_idle(self, progress: Progress | None = None) -> int:
        raise NotOnThisLog(
            "`run` folds in this process, and a log on Kafka is folded by workers: run `millrace worker --until-idle` "
            "or `millrace flink submit --until-idle`; both feed the sinks of their home folder, too"
        )

    def tenant_hashes(self) -> dict[str, str]:
        """As saved by the workers or told by the Flink job. Raises StateNotSaved."""
        return dict(saved_hashes(self._service.address).tenants)

    def rebuild(self, progress: OnProgress | None = None, *, accept_refusals: bool = False) -> Proof:
        raise NotOnThisLog(
            "`rebuild` replaces the caches of an embedded home folder: to fold a log on Kafka again, submit a bounded "
            "Flink job, or delete the topic `state` and start the workers"
        )

    def redrive(
        self, tenant: str, letters: Sequence[str] = (), *, most: int = 1_000, reason: str = "", dry_run: bool = False
    ) -> list[Redriven]:
        """Sends dead letters again through the intake; what becomes of them shows when the sequencer took them."""
        service = self._service
        log = KafkaLog(service.address, clock=service.clock)
        try:
            redriving = Redriving(service.records, _QueuedWays(service, log), service.clock)
            return redriving.redrive(tenant, letters, most, reason, dry_run=dry_run)
        finally:
            log.close()

    def bring(
        self,
        files: Sequence[str],
        mapping: str,
        tenant: str,
        *,
        limit: int | None = None,
        progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Queues the history in files; what was imported before is told by the journal."""
        door = KafkaHistoryDoor(self._service.door, self._service.reader)
        return bring(door, files, mapping, tenant, limit=limit, progress=progress)


class _QueuedWays:
    def __init__(self, service: KafkaService, log: KafkaLog) -> None:
        self._service = service
        self._log = log
        self.refusals = log.refusals

    def take(self, tenant: str, raws: Sequence[bytes], *, origin: str) -> Sequence[Taken]:
        return self._service.door.take(tenant, raws, origin=origin)

    def record(self, tenant: str, data: Data, *, id: str) -> Event:
        return self._service.door.record(tenant, data, id=id)

    def redriven(self, tenant: str, letter: str) -> None:
        self._log.mark_redriven(tenant, letter, self._service.clock())
