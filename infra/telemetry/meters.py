"""Metrics: counted as things happen, or read when somebody asks, and shown as Prometheus text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, generate_latest

from streams.batch import AnyBatch
from streams.sequencer import Taken

_MOST_TENANTS = 100
_OTHERS = "others"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ID = re.compile(r"[A-Za-z0-9_.-]{1,80}")

Gauge = Callable[[], Iterable[tuple[float, dict[str, str]]]]


class Tenants:
    """Keeps the number of series in bounds: the first hundred tenants by name, the rest together."""

    def __init__(self) -> None:
        self._named: dict[str, None] = {}

    def label(self, tenant: str) -> str:
        """The tenant as a label."""
        if tenant not in self._named:
            if len(self._named) >= _MOST_TENANTS:
                return _OTHERS
            self._named[tenant] = None
        return tenant


class Meters:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.tenants = Tenants()
        self._registry = CollectorRegistry()
        reader = PrometheusMetricReader(
            disable_target_info=True, prefix="millrace", scope_info_enabled=False, registry=self._registry
        )
        self._provider = MeterProvider([reader], shutdown_on_exit=False)
        meter = self._meter = self._provider.get_meter("millrace")
        self._taken = meter.create_counter("records.taken", description="Records at the door, by what became of them")
        self._received = meter.create_counter("connectors.received", description="What connected tools sent")
        self._folded = meter.create_counter("events.folded", description="Records folded and saved")
        self._said = meter.create_counter("facts.said", description="Facts and retractions said, by kind")
        self._alerts = meter.create_counter("alerts.raised", description="Alerts raised, by kind")
        self._requests = meter.create_histogram(
            "http.request.duration",
            "s",
            "How long HTTP requests took, by route and status",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._batches = meter.create_histogram(
            "batch.duration", "s", "How long batches took, by stage", explicit_bucket_boundaries_advisory=_BUCKETS
        )

    def took(self, tenant: str, taken: Sequence[Taken], seconds: float) -> None:
        """Counts a batch at the door."""
        label = self.tenants.label(tenant)
        for (status, reason), count in Counter((one.status, one.reason or "") for one in taken).items():
            self._taken.add(count, {"tenant": label, "status": status, "reason": reason})
        self._batches.record(seconds, {"stage": "take"})

    def turned_away(self, tenant: str, records: int) -> None:
        """Counts records that a tenant's limit kept out."""
        self._taken.add(
            records, {"tenant": self.tenants.label(tenant), "status": "turned_away", "reason": "over_limit"}
        )

    def received(self, connector: str, outcome: str, events: int) -> None:
        """Counts what a connected tool sent, by what became of it."""
        self._received.add(events, {"connector": connector, "outcome": outcome})

    def folded(self, batches: Sequence[AnyBatch], seconds: float) -> None:
        """Counts a batch that was folded."""
        for batch in batches:
            label = self.tenants.label(batch.tenant)
            self._folded.add(batch.header.position - batch.after, {"tenant": label})
            for kind, count in Counter(said.kind for said in batch.said).items():
                self._said.add(count, {"tenant": label, "kind": kind})
            for kind, count in Counter(alert.kind for alert in batch.alerts if not alert.withdrawn).items():
                self._alerts.add(count, {"tenant": label, "kind": kind})
        self._batches.record(seconds, {"stage": "fold"})

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an HTTP request; `route` is one of the routes' patterns."""
        self._requests.record(seconds, {"method": method, "route": route, "status": str(status)})

    def gauge(self, name: str, description: str, read: Gauge, unit: str = "1") -> None:
        """A value that is read whenever the metrics are asked for."""

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(value, labels) for value, labels in read()]

        self._meter.create_observable_gauge(name, [observe], "" if unit == "1" else unit, description)

    def text(self) -> bytes:
        """Everything as Prometheus text."""
        return generate_latest(self._registry)

    def close(self) -> None:
        self._provider.shutdown()


def safe_label(text: str) -> str:
    """The text where it is fit to be a label, else `other`: no label is made of what a stranger chose freely."""
    return text if _ID.fullmatch(text) else "other"
