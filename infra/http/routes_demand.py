"""Answers out: how many tickets are expected, and what spiked."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.problems import json_response
from infra.http.surface import asked_by, whole_number


async def demand(request: Request) -> Response:
    """`GET /v1/demand`: the next six hours by topic, and the latest spikes."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 20, 10_000)
    expected, spikes = await asyncio.to_thread(surface.answers.demand, tenant, limit)
    return json_response({"expected": expected, "spikes": spikes})


ROUTES = [Route("/v1/demand", demand)]
