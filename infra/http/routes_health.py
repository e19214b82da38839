"""Answers out: an account's scores at an instant, by any rule, beside what was seen."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.health_past import scores_at
from infra.http.problems import Problem, json_response
from infra.http.surface import asked_by
from schemas.instant import parse_instant


async def health(request: Request) -> Response:
    """`GET /v1/health/{id}?as_of=…&config=…`: each score as of an instant, by the rules of then or by one version."""
    surface, _, tenant = asked_by(request, "read")
    as_of = request.query_params.get("as_of")
    try:
        at = None if as_of is None else parse_instant(as_of)
    except ValueError as error:
        raise Problem(400, f"`as_of` is no instant: {error}", "write it as 2026-03-01T12:00:00Z") from error
    config = request.query_params.get("config")
    account = request.path_params["id"]
    rows = await asyncio.to_thread(scores_at, surface.application, tenant, account, at, config)
    return json_response({"scores": rows})


ROUTES = [Route("/v1/health/{id:path}", health)]
