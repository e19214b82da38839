"""Spans to a collector by OTLP over HTTP, in its JSON encoding, as the `OTEL_EXPORTER_OTLP_…` variables say."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import httpx
import orjson
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_TIMEOUT_SECONDS = 10.0
_log = structlog.get_logger(__name__)


def exporter_of(environment: Mapping[str, str] = os.environ) -> SpanExporter | None:
    """The exporter the environment asks for; None where it names no endpoint, or says `OTEL_SDK_DISABLED=true`."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    url = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not url and base:
        url = f"{base.rstrip('/')}/v1/traces"
    if not url:
        return None
    said = environment.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environment.get("OTEL_EXPORTER_OTLP_HEADERS", "")
    pairs = [pair.partition("=") for pair in said.split(",") if "=" in pair]
    return OtlpSpans(url, {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs})


class OtlpSpans(SpanExporter):
    """Posts spans; a batch the collector does not take is dropped and logged, and nothing waits for it."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._http = httpx.Client(headers=dict(headers), timeout=_TIMEOUT_SECONDS)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            answer = self._http.post(
                self._url, content=orjson.dumps(encoded(spans)), headers={"content-type": "application/json"}
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("spans_not_exported", error=type(error).__name__, spans=len(spans))
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._http.close()


def encoded(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Spans as an OTLP `ExportTraceServiceRequest` in JSON: ids in hexadecimal, 64-bit numbers as text."""
    resource = _attributes(spans[0].resource.attributes) if spans else []
    said = [_span(span) for span in spans]
    scope = {"scope": {"name": "millrace"}, "spans": said}
    return {"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}


def _span(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    if context is None:
        raise ValueError("a span without a context cannot be exported")
    said: dict[str, Any] = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {"code": span.status.status_code.value},
    }
    if span.parent is not None:
        said["parentSpanId"] = f"{span.parent.span_id:016x}"
    if span.links:
        said["links"] = [
            {"traceId": f"{link.context.trace_id:032x}", "spanId": f"{link.context.span_id:016x}"}
            for link in span.links
        ]
    return said


def _attributes(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": str(value)}
