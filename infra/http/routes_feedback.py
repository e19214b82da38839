"""Answers out: feedback that asks for something, and how far its answer has come."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.problems import Problem, json_response
from infra.http.routes_out import MOST_ROWS
from infra.http.surface import asked_by, whole_number

_TRUTH = {"true": True, "false": False}


async def feedback(request: Request) -> Response:
    """`GET /v1/feedback?open=true`: what asks for something, and how each step turned out."""
    surface, _, tenant = asked_by(request, "read")
    said = request.query_params.get("open", "false")
    if said not in _TRUTH:
        raise Problem(400, f"`open` is {said[:40]!r}", "true or false is expected")
    limit = whole_number(request, "limit", 50, MOST_ROWS)
    answer = await asyncio.to_thread(surface.answers.feedback, tenant, limit, only_open=_TRUTH[said])
    return json_response(answer)


ROUTES = [Route("/v1/feedback", feedback)]
