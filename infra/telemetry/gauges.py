"""What is read of an application when its metrics are asked for: backlog, lag, sinks, webhooks and models."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from infra.service import Service
from infra.telemetry.meters import Meters
from processors.catalog import PROCESSORS
from sinks.clickhouse.connection import ReadFailed

_READ_EVERY_SECONDS = 15.0
_MODELS = (
    "SELECT tenant, model, count() AS labels, avg(correct) AS accuracy FROM predictions "
    "WHERE correct IS NOT NULL AND NOT abstained GROUP BY tenant, model ORDER BY tenant, model LIMIT 500"
)
_LETTERS = (
    "SELECT tenant, reason, count() AS letters FROM dead_letters WHERE redriven_at IS NULL "
    "GROUP BY tenant, reason ORDER BY tenant, reason LIMIT 2000"
)

Values = Iterator[tuple[float, dict[str, str]]]


class _Query:
    """The rows of a query over all tenants, read at most every fifteen seconds; the last ones while it fails."""

    def __init__(self, application: Service, sql: str) -> None:
        self._application = application
        self._sql = sql
        self._rows: list[dict[str, Any]] = []
        self._read_at: float | None = None

    def __call__(self) -> list[dict[str, Any]]:
        now = time.monotonic()
        if self._read_at is None or now - self._read_at >= _READ_EVERY_SECONDS:
            self._read_at = now
            try:
                result = self._application.clickhouse.read(self._sql, {})
            except ReadFailed:
                return self._rows
            self._rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        return self._rows


class Gauges:
    """Reads one application."""

    def __init__(self, application: Service, meters: Meters) -> None:
        self._application = application
        self._tenants = meters.tenants
        self._models = _Query(application, _MODELS)
        self._letters_by_reason = _Query(application, _LETTERS)
        meters.gauge("backlog", "Records that wait to be folded", self._backlog)
        meters.gauge("lag", "Event time between the newest record and what is folded", self._lag, "s")
        meters.gauge("dead.letters", "Dead letters that were not sent again, by reason", self._letters)
        meters.gauge("sink.position", "The last statement a sink holds", self._sink("position"))
        meters.gauge("sink.lag", "Statements a sink does not hold yet", self._sink_lag)
        meters.gauge("sink.failures", "Failed tries of a sink in a row", self._sink("failures"))
        meters.gauge("sink.refused", "Statements a sink can never hold", self._sink("refused"))
        meters.gauge("webhook.deliveries", "Webhook deliveries by state", self._deliveries)
        meters.gauge(
            "model.accuracy", "Share of predictions, each made before its label, that were right", self._accuracy
        )
        meters.gauge("model.labels", "Predictions whose label is known", self._labels)
        meters.gauge("texts.untold", "Texts whose meaning could not be told", self._untold)
        meters.gauge("texts.withheld", "Texts whose redaction failed, so that nobody sees them", self._withheld)
        meters.gauge("fold.stopped", "1 where the fold has stopped with an error", self._stopped)

    def _backlog(self) -> Values:
        for one in self._application.records.behind():
            yield one.records, {"tenant": self._tenants.label(one.tenant)}

    def _lag(self) -> Values:
        for one in self._application.records.behind():
            label = self._tenants.label(one.tenant)
            for processor in PROCESSORS:
                yield one.seconds, {"tenant": label, "processor": processor.name}

    def _letters(self) -> Values:
        for row in self._letters_by_reason():
            yield row["letters"], {"tenant": self._tenants.label(row["tenant"]), "reason": row["reason"]}

    def _sink(self, name: str) -> Any:
        def read() -> Values:
            for health in self._application.sink_healths():
                yield getattr(health, name), {"sink": health.sink}

        return read

    def _sink_lag(self) -> Values:
        for sink, lag in self._application.sink_lags():
            yield lag, {"sink": sink}

    def _deliveries(self) -> Values:
        for (tenant, state), count in self._application.webhooks.states().items():
            yield count, {"tenant": self._tenants.label(tenant), "state": state}

    def _accuracy(self) -> Values:
        for row in self._models():
            yield row["accuracy"], {"tenant": self._tenants.label(row["tenant"]), "model": row["model"]}

    def _labels(self) -> Values:
        for row in self._models():
            yield row["labels"], {"tenant": self._tenants.label(row["tenant"]), "model": row["model"]}

    def _withheld(self) -> Values:
        yield float(self._application.withheld()), {}

    def _untold(self) -> Values:
        yield float(self._application.untold()), {}

    def _stopped(self) -> Values:
        yield float(self._application.trouble() is not None), {}
