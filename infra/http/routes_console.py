"""The console's files, the API's description and the metrics: what needs no tenant."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.openapi import document
from infra.http.problems import Problem, json_response
from infra.http.surface import surface_of

CONSOLE = Path(__file__).parents[1] / "console"

_MEDIA = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Nothing from anywhere else, no inline script or style, in nobody's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def console(_: Request) -> Response:
    """`GET /`: the page; it holds no data and so needs no key."""
    return _file("index.html")


async def console_file(request: Request) -> Response:
    """`GET /console/{name}`."""
    return _file(request.path_params["name"])


async def openapi(_: Request) -> Response:
    """`GET /openapi.json`."""
    return json_response(document())


async def metrics(request: Request) -> Response:
    """`GET /metrics`: Prometheus text. Where others than this machine may ask, for the operator only."""
    surface = surface_of(request)
    if surface.exposed and surface.identity.principal(request, "admin").tenant is not None:
        raise Problem(403, "the operator only", "metrics tell of every tenant")
    text = await asyncio.to_thread(surface.telemetry.meters.text)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@cache
def _names() -> dict[str, Path]:
    return {path.name: path for path in CONSOLE.iterdir() if path.suffix in _MEDIA}


def _file(name: str) -> Response:
    path = _names().get(name)
    if path is None:
        raise Problem(404, "there is nothing at this address", "see /openapi.json for what there is")
    return Response(path.read_bytes(), headers=_HEADERS, media_type=_MEDIA[path.suffix])


ROUTES = [
    Route("/", console),
    Route("/console/{name}", console_file),
    Route("/openapi.json", openapi),
    Route("/metrics", metrics),
]
