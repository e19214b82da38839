"""Traces: one span for a request, for what it brought to the door, for each batch folded and each alert handed over."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, set_span_in_context
from opentelemetry.util.types import AttributeValue

from schemas.event import Event
from streams.batch import AnyBatch

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_MOST_LINKS = 32
_MOST_ALERTS = 10_000
_POSITION_BITS = 20  # a revision is (position << 20) + output index


class Tracing:
    """Makes spans where somebody takes them, and else only carries `traceparent` from an event to its alerts."""

    def __init__(self, exporter: SpanExporter | None, *, at_once: bool = False) -> None:
        """`at_once` exports each span as it ends, for tests."""
        self._provider: TracerProvider | None = None
        if exporter is not None:
            self._provider = TracerProvider(
                resource=Resource.create({"service.name": "millrace"}), shutdown_on_exit=False
            )
            processor = SimpleSpanProcessor(exporter) if at_once else BatchSpanProcessor(exporter)
            self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("millrace") if self._provider else None
        self._alerts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def span(
        self, name: str, parent: str | None, kind: SpanKind = SpanKind.INTERNAL, **attributes: AttributeValue
    ) -> Iterator[Span | None]:
        """A span of the block, None where nobody takes spans."""
        if self._tracer is None:
            yield None
            return
        with self._tracer.start_as_current_span(name, _context(parent), kind, _named(attributes)) as span:
            yield span

    def saving(self, records: Sequence[Event], batches: Sequence[AnyBatch]) -> None:
        """Notes for each alert the trace of the record that caused it; the engine numbers what it says by record."""
        if not any(batch.alerts for batch in batches):
            return
        traced = {(record.tenant, record.position): record.traceparent for record in records if record.traceparent}
        with self._lock:
            for batch in batches:
                revisions = {said.fact_id: said.revision for said in batch.said}
                for alert in batch.alerts:
                    position = revisions.get(alert.about_id, 0) >> _POSITION_BITS
                    parent = traced.get((batch.tenant, position))
                    if parent is not None:
                        self._alerts[alert.alert_id] = parent
            while len(self._alerts) > _MOST_ALERTS:
                self._alerts.popitem(last=False)

    def folded(self, records: Sequence[Event], batches: Sequence[AnyBatch], seconds: float) -> None:
        """A span for a batch that was folded: of the one trace its records belong to, or with links to several."""
        if self._tracer is None:
            return
        traced = dict.fromkeys(record.traceparent for record in records if record.traceparent)
        parents = [parent for parent in traced if span_context(parent) is not None]
        links = [Link(context) for parent in parents[:_MOST_LINKS] if (context := span_context(parent)) is not None]
        ended_at = time.time_ns()
        span = self._tracer.start_span(
            "fold batch",
            _context(parents[0] if len(parents) == 1 else None),
            links=links,
            start_time=ended_at - int(seconds * 1e9),
            attributes={
                "millrace.records": len(records),
                "millrace.tenants": len(batches),
                "millrace.facts": sum(len(batch.said) for batch in batches),
                "millrace.alerts": sum(len(batch.alerts) for batch in batches),
            },
        )
        span.end(ended_at)

    def alert_traceparent(self, alert_id: str) -> str | None:
        """The trace a webhook about this alert belongs to; None where its record had none, or came before a restart."""
        with self._lock:
            parent = self._alerts.pop(alert_id, None)
        if parent is None or self._tracer is None:
            return parent
        with self.span("alert", parent, SpanKind.PRODUCER, alert_id=alert_id) as span:
            return traceparent(span) or parent

    def close(self) -> None:
        """Exports what waits."""
        if self._provider is not None:
            self._provider.shutdown()


def span_context(parent: str | None) -> SpanContext | None:
    """The span a W3C `traceparent` names, None where it names none."""
    found = _TRACEPARENT.fullmatch(parent) if parent else None
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags & TraceFlags.SAMPLED))
    return context if context.is_valid else None


def traceparent(span: Span | None) -> str | None:
    """A span as a W3C `traceparent`."""
    if span is None:
        return None
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _context(parent: str | None) -> Context | None:
    context = span_context(parent)
    return None if context is None else set_span_in_context(NonRecordingSpan(context))


def _named(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return {f"millrace.{name}": value for name, value in attributes.items()}
