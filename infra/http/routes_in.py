"""Events in: one result for each record, whatever became of the others."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.bodies import records_of
from infra.http.problems import json_response
from infra.http.surface import asked_by
from infra.telemetry.tracing import traceparent
from schemas.reasons import BY_NAME
from streams.sequencer import Taken


async def take(request: Request) -> Response:
    """`POST /v1/events`: accepted ones are on disk when the answer comes."""
    surface, principal, tenant = asked_by(request, "ingest")
    raws = await records_of(request)
    parent = request.state.traceparent
    with surface.telemetry.tracing.span("take", parent, tenant=tenant, records=len(raws)) as span:
        taken = await surface.door.take(
            tenant, raws, origin=f"http {principal.name}", traceparent=traceparent(span) or parent
        )
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
