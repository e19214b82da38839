"""Answers out: how good the models are, who taught them, and what to teach next."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.problems import json_response
from infra.http.surface import asked_by, whole_number
from infra.taught import CANDIDATES, models, suggested


async def all_models(request: Request) -> Response:
    """`GET /v1/models`: figures, teachers, promotions, what became worse, and what was taken back."""
    surface, _, tenant = asked_by(request, "read")
    return json_response(await asyncio.to_thread(models, surface.application, tenant))


async def suggestions(request: Request) -> Response:
    """`GET /v1/teach/suggested?limit=…`: the tickets that would teach most."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 20, CANDIDATES)
    return json_response({"tickets": await asyncio.to_thread(suggested, surface.application, tenant, limit)})


ROUTES = [Route("/v1/models", all_models), Route("/v1/teach/suggested", suggestions)]
