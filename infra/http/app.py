"""The Starlette application over one home folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from opentelemetry.sdk.trace.export import SpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.access import Access
from infra.act_book import ActBook
from infra.answers import Answers
from infra.connections import Connections
from infra.http import (
    routes_admin,
    routes_audit,
    routes_connectors,
    routes_console,
    routes_demand,
    routes_feedback,
    routes_health,
    routes_import,
    routes_in,
    routes_live,
    routes_models,
    routes_out,
    routes_pull,
    routes_sla,
    routes_webhooks,
)
from infra.http.changes import Changes
from infra.http.door import Door
from infra.http.identity import Identity
from infra.http.problems import json_response
from infra.http.quotas import Quotas
from infra.http.slowing import Slowing
from infra.http.surface import Surface, surface_of
from infra.http.watched import Watched
from infra.service import Operating, Service
from infra.telemetry.telemetry import Telemetry


class _Application(Starlette):
    """Routes behind one middleware, which answers errors, too: each layer costs every request."""

    def __init__(self, telemetry: Telemetry, *, exposed: bool) -> None:
        super().__init__(routes=ROUTES)
        self._watched = Watched(self.router, telemetry, exposed)
        # A redirect would name the host that the request named.
        self.router.redirect_slashes = False

    def build_middleware_stack(self) -> ASGIApp:
        return self._watched


def _straight(endpoint: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    """The endpoint without Starlette's two layers that look for handlers of errors: `Watched` answers those."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return app


def build(
    application: Service,
    operations: Operating,
    access: Access,
    local_token: str,
    *,
    exposed: bool = False,
    exporter: SpanExporter | None = None,
) -> Starlette:
    """The routes of one application; `local_token` is the operator's credential.

    `exposed` where others than this machine may reach it. `exporter` takes traces; without one there are none.
    """
    telemetry = Telemetry(application, exporter)
    app = _Application(telemetry, exposed=exposed)
    app.state.surface = Surface(
        application,
        Answers(application),
        operations,
        access,
        ActBook(application.home.access, application.clock),
        Connections(application.home.access, application.clock),
        Identity(access, local_token),
        Door(application),
        Quotas(application.settings.limits),
        Slowing(),
        Changes(application),
        telemetry,
        exposed,
    )
    return app


async def health(_: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return json_response({"status": "ok"})


async def ready(request: Request) -> Response:
    """`GET /readyz`: whether records are folded and shown. What is not is named; the log says why."""
    application = surface_of(request).application
    healths = application.sink_healths()
    # The kind of an error only: its words may hold what somebody wrote, and anybody may ask.
    faults = {found.sink: found.error.partition(":")[0] for found in healths if found.error is not None}
    faults |= {found.sink: "not running" for found in healths if not found.alive}
    trouble = application.trouble()
    if trouble is not None:
        faults["fold"] = type(trouble).__name__
    backlog = await asyncio.to_thread(application.backlog)
    body = {"status": "not ready" if faults else "ready", "backlog": backlog, "faults": faults}
    return json_response(body, 503 if faults else 200)


# Looked through in this order: what comes thousands of times a second first.
ROUTES = [
    *routes_connectors.ROUTES,
    *routes_in.ROUTES,
    Route("/healthz", health),
    Route("/readyz", ready),
    *routes_out.ROUTES,
    *routes_sla.ROUTES,
    *routes_models.ROUTES,
    *routes_demand.ROUTES,
    *routes_health.ROUTES,
    *routes_feedback.ROUTES,
    *routes_live.ROUTES,
    *routes_admin.ROUTES,
    *routes_audit.ROUTES,
    *routes_webhooks.ROUTES,
    *routes_import.ROUTES,
    *routes_pull.ROUTES,
    *routes_console.ROUTES,
]
for _route in ROUTES:
    _route.app = _straight(_route.endpoint)
