"""The telemetry of one application: meters, gauges and traces behind one observer."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace.export import SpanExporter

from infra.service import Service
from infra.telemetry.gauges import Gauges
from infra.telemetry.meters import Meters
from infra.telemetry.tracing import Tracing
from schemas.event import Event
from streams.batch import AnyBatch
from streams.sequencer import Taken

_log = structlog.get_logger(__name__)


class Telemetry:
    """Watches an application from now on. `exporter` takes the spans; without one there are none."""

    def __init__(self, application: Service, exporter: SpanExporter | None, *, at_once: bool = False) -> None:
        self.meters = Meters()
        self.tracing = Tracing(exporter, at_once=at_once)
        Gauges(application, self.meters)
        application.watch(self, self.tracing.alert_traceparent)

    def took(self, tenant: str, taken: Sequence[Taken], seconds: float) -> None:
        """Counts what came to the door."""
        self.meters.took(tenant, taken, seconds)

    def saving(self, records: Sequence[Event], batches: Sequence[AnyBatch]) -> None:
        """Notes which trace each alert belongs to, before anybody can hand it over."""
        self.tracing.saving(records, batches)

    def folded(self, records: Sequence[Event], batches: Sequence[AnyBatch], seconds: float) -> None:
        """Counts and traces what was folded."""
        self.meters.folded(batches, seconds)
        self.tracing.folded(records, batches, seconds)

    def stopped(self, partition: int, why: str) -> None:
        """Logs it: nobody should learn of it from a number that stands still."""
        _log.error("partition_stopped", partition=partition, error=why)

    def close(self) -> None:
        """Exports what waits, and ends."""
        self.tracing.close()
        self.meters.close()
