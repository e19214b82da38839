"""Metrics: counted as things happen, or read when somebody asks, and shown as Prometheus text."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, Histogram, generate_latest

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


class _Count:
    """A counter of OpenTelemetry that is asked when somebody looks: adding to its own costs what a request does."""

    def __init__(self, meter: Meter, name: str, description: str, *labels: str) -> None:
        self._labels = labels
        self._counts: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()
        meter.create_observable_counter(name, [self._observe], description=description)

    def add(self, count: int, *values: str) -> None:
        with self._lock:
            self._counts[values] = self._counts.get(values, 0) + count

    def _observe(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            counts = list(self._counts.items())
        return [Observation(count, dict(zip(self._labels, values, strict=True))) for values, count in counts]


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
        self._taken = _Count(
            meter, "records.taken", "Records at the door, by what became of them", "tenant", "status", "reason"
        )
        self._received = _Count(meter, "connectors.received", "What connected tools sent", "connector", "outcome")
        self._folded = _Count(meter, "events.folded", "Records folded and saved", "tenant")
        self._said = _Count(meter, "facts.said", "Facts and retractions said, by kind", "tenant", "kind")
        self._alerts = _Count(meter, "alerts.raised", "Alerts raised, by kind", "tenant", "kind")
        # Once for each request, and there is no histogram that OpenTelemetry would ask for.
        self._requests = Histogram(
            "millrace_http_request_duration_seconds",
            "How long HTTP requests took, by route and status",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._answered: dict[tuple[str, str, int], Histogram] = {}
        self._batches = meter.create_histogram(
            "batch.duration", "s", "How long batches took, by stage", explicit_bucket_boundaries_advisory=_BUCKETS
        )

    def took(self, tenant: str, taken: Sequence[Taken], seconds: float) -> None:
        """Counts a batch at the door."""
        label = self.tenants.label(tenant)
        for (status, reason), count in Counter((one.status, one.reason or "") for one in taken).items():
            self._taken.add(count, label, status, reason)
        self._batches.record(seconds, {"stage": "take"})

    def turned_away(self, tenant: str, records: int) -> None:
        """Counts records that a tenant's limit kept out."""
        self._taken.add(records, self.tenants.label(tenant), "turned_away", "over_limit")

    def received(self, connector: str, outcome: str, events: int) -> None:
        """Counts what a connected tool sent, by what became of it."""
        self._received.add(events, connector, outcome)

    def folded(self, batches: Sequence[AnyBatch], seconds: float) -> None:
        """Counts a batch that was folded."""
        for batch in batches:
            label = self.tenants.label(batch.tenant)
            self._folded.add(batch.header.position - batch.after, label)
            for kind, count in Counter(said.kind for said in batch.said).items():
                self._said.add(count, label, kind)
            for kind, count in Counter(alert.kind for alert in batch.alerts if not alert.withdrawn).items():
                self._alerts.add(count, label, kind)
        self._batches.record(seconds, {"stage": "fold"})

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an HTTP request; `route` is one of the routes' patterns."""
        observed = self._answered.get((method, route, status))
        if observed is None:
            observed = self._answered[method, route, status] = self._requests.labels(method, route, str(status))
        observed.observe(seconds)

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
