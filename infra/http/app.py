"""The Starlette application over one home folder."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import Access
from infra.answers import Answers
from infra.application import Application
from infra.http import routes_admin, routes_in, routes_out
from infra.http.door import Door
from infra.http.identity import Identity
from infra.http.problems import HANDLED, handle, json_response
from infra.http.surface import Surface, surface_of
from infra.operations import Operations


def build(application: Application, access: Access, local_token: str) -> Starlette:
    """The routes of one application; `local_token` is the operator's credential."""
    app = Starlette(
        routes=[*_ROUTES, *routes_in.ROUTES, *routes_out.ROUTES, *routes_admin.ROUTES],
        exception_handlers=dict.fromkeys((*HANDLED, Exception), handle),
    )
    app.state.surface = Surface(
        application,
        Answers(application),
        Operations(application),
        access,
        Identity(access, local_token),
        Door(application.runtime),
    )
    return app


async def health(_: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return json_response({"status": "ok"})


async def ready(request: Request) -> Response:
    """`GET /readyz`: whether records are taken, folded and shown; what is not says why."""
    application = surface_of(request).application
    workers = {worker.health().sink: worker.health() for worker in application.workers}
    faults = {name: found.error for name, found in workers.items() if found.error is not None}
    if application.fold_failure is not None:
        faults["fold"] = str(application.fold_failure)
    body = {"status": "not ready" if faults else "ready", "backlog": application.runtime.backlog(), "faults": faults}
    return json_response(body, 503 if faults else 200)


_ROUTES = [Route("/healthz", health), Route("/readyz", ready)]
