"""Events in: one result for each record, whatever became of the others."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.bodies import records_of
from infra.http.problems import Problem, json_response
from infra.http.surface import asked_by
from schemas.reasons import BY_NAME
from streams.sequencer import Taken

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


async def take(request: Request) -> Response:
    """`POST /v1/events`: accepted ones are on disk when the answer comes."""
    surface, principal, tenant = asked_by(request, "ingest")
    if not _TENANT.fullmatch(tenant):
        raise Problem(400, "no tenant can be called that", "lower-case letters, digits, - and _, at most 63")
    raws = await records_of(request)
    taken = await surface.door.take(tenant, raws, origin=f"http {principal.name}")
    results = [_result(one) for one in taken]
    counts = {status: sum(one.status == status for one in taken) for status in ("accepted", "duplicate", "refused")}
    if len(taken) == 1 and taken[0].status == "refused":
        status = BY_NAME[taken[0].reason].status if taken[0].reason else 400
    else:
        status = 207 if counts["refused"] else 200
    return json_response({**counts, "results": results}, status)


def _result(taken: Taken) -> dict[str, object]:
    result: dict[str, object] = {"status": taken.status}
    for name in ("event_id", "position", "reason", "detail", "where", "letter"):
        value = getattr(taken, name)
        if value not in (None, ""):
            result[name] = value
    if taken.reason:
        result["remedy"] = BY_NAME[taken.reason].remedy
    return result


ROUTES = [Route("/v1/events", take, methods=["POST"])]
