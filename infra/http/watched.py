"""What every request passes: whose host it names, its span and its time, what is said of errors, and common headers."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.http.problems import Problem, answer, handle
from infra.telemetry.telemetry import Telemetry
from infra.telemetry.tracing import span_context, traceparent

_OWN_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SAFE_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Watched:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, exposed: bool) -> None:
        self._app = app
        self._telemetry = telemetry
        self._exposed = exposed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host, parent = b"", None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"traceparent" and parent is None:
                parent = value.decode("latin-1")
        if not self._exposed and _name(host.decode("latin-1")) not in _OWN_NAMES:
            # Another site's name that was made to point here: its pages must not reach this machine's data.
            problem = Problem(421, "this is not that host", "use the address that `millrace serve` prints")
            await answer(problem)(scope, receive, _safe(send))
            return
        await self._watch(scope, receive, send, parent)

    async def _watch(self, scope: Scope, receive: Receive, send: Send, parent: str | None) -> None:
        began, status, seconds, has_begun = time.perf_counter(), 500, 0.0, False

        async def sending(message: Message) -> None:
            nonlocal status, seconds, has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                # Until the answer begins: one that follows changes may last all day.
                status, seconds = message["status"], time.perf_counter() - began
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "other"
        with self._telemetry.tracing.span(f"HTTP {method}", parent, SpanKind.SERVER) as span:
            valid = parent if span_context(parent) is not None else None
            scope.setdefault("state", {})["traceparent"] = traceparent(span) or valid
            try:
                await self._app(scope, receive, _safe(sending))
            except Exception as error:
                if has_begun:
                    raise  # what was said cannot be taken back: the connection ends, so that it is not taken for all
                await handle(Request(scope), error)(scope, receive, _safe(sending))
            finally:
                route = _route(scope)
                if span is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.response.status_code", status)
                self._telemetry.meters.answered(method, route, status, seconds)


def _safe(send: Send) -> Send:
    """Adds to every answer that it is to be taken for what it says it is, and kept by nobody unless it says so."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            said = {name for name, _ in headers}
            headers += [pair for pair in _SAFE_HEADERS if pair[0] not in said]
        await send(message)

    return sending


def _name(host: str) -> str:
    """The host without its port."""
    return host[: host.rfind("]") + 1] if host.startswith("[") else host.partition(":")[0]


def _route(scope: MutableMapping[str, Any]) -> str:
    endpoint = scope.get("endpoint")
    return getattr(endpoint, "__name__", type(endpoint).__name__) if endpoint is not None else "none"
