"""Can one request be followed to the batch that folded it and to the webhook it caused?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from infra.telemetry.otlp import exporter_of
from schemas.instant import HOUR, MINUTE, format_instant
from tests.http.desk import Caller, Desk, opened
from tests.sinks_webhook.receiver import Receiver

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
_SETTINGS = """
[alerts]
allow_http = true
allow_private_addresses = true
any_port = true
[[webhooks]]
id = "here"
tenant = "acme"
url = "{url}"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
"""


@pytest.fixture(scope="module")
def collector() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def _breaking(caller: Caller) -> list[dict[str, Any]]:
    """Events of which the last, which happens now, breaks a promise of half an hour ago."""
    now = caller.desk.now()
    promise = {"clock": "first_response", "target_seconds": 1800}
    return [
        caller.event("settings.sla_changed", {"policies": [{"name": "all", "targets": [promise]}]}),
        caller.event("ticket.opened", {"ticket": "T-1"}, time=format_instant(now - HOUR)),
        caller.event("usage.recorded", time=format_instant(now - MINUTE)),
    ]


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory, collector: Receiver, receiver: Receiver) -> list[dict[str, Any]]:
    """Everything the collector got while one traced request went through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
        root: Path = tmp_path_factory.mktemp("traced")
        with opened(root, settings=_SETTINGS.format(url=receiver.url())) as desk:
            _go(desk, receiver)
    assert {request.path for request in collector.received} == {"/v1/traces"}
    batches = [orjson.loads(request.body)["resourceSpans"] for request in collector.received]
    return [
        span for batch in batches for resource in batch for scope in resource["scopeSpans"] for span in scope["spans"]
    ]


def _go(desk: Desk, receiver: Receiver) -> None:
    with desk.caller("acme") as caller:
        caller.tell(*_breaking(caller), traceparent=PARENT).raise_for_status()
        caller.settled()
        receiver.wait_for(3)


def _named(spans: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [span for span in spans if span["name"] == name and span["traceId"] == TRACE]


def test_the_trace_goes_from_the_request_to_the_webhook(spans: list[dict[str, Any]], receiver: Receiver) -> None:
    (request,) = _named(spans, "POST take")
    (taken,) = _named(spans, "take")
    alerts = _named(spans, "alert")
    folded = _named(spans, "fold batch")
    assert request["parentSpanId"] == PARENT.split("-")[2]
    assert taken["parentSpanId"] == request["spanId"]
    assert folded[0]["parentSpanId"] == taken["spanId"]
    # Two warnings and the breach.
    assert {alert["parentSpanId"] for alert in alerts} == {taken["spanId"]}
    expected = sorted(f"00-{TRACE}-{alert['spanId']}-01" for alert in alerts)
    assert sorted(told.headers["traceparent"] for told in receiver.received) == expected
    assert len(expected) == 3
    attributes = {one["key"]: one["value"] for one in request["attributes"]}
    assert attributes["http.response.status_code"] == {"intValue": "200"}
    assert int(request["startTimeUnixNano"]) < int(request["endTimeUnixNano"])


def test_spans_hold_nothing_that_people_wrote(spans: list[dict[str, Any]]) -> None:
    assert "invoice" not in str(spans).lower()


@pytest.mark.parametrize(
    ("environment", "exports"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_spans_are_exported_only_where_the_environment_says_so(environment: dict[str, str], exports: bool) -> None:
    exporter = exporter_of(environment)
    assert (exporter is not None) is exports
    if exporter is not None:
        exporter.shutdown()
