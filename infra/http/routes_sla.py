"""Answers out: how the clocks of a ticket were counted."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.problems import json_response
from infra.http.surface import asked_by
from infra.sla_why import promises_why


async def sla(request: Request) -> Response:
    """`GET /v1/sla/{id}`: every clock of a ticket, segment by segment."""
    surface, _, tenant = asked_by(request, "read")
    clocks = await asyncio.to_thread(promises_why, surface.application, tenant, request.path_params["id"])
    return json_response({"clocks": clocks})


ROUTES = [Route("/v1/sla/{id:path}", sla)]
