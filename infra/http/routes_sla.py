"""Answers out: how the clocks of a ticket were counted, and what other promises would have made of all of them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.operator import Tell, asked, operator_of, streamed
from infra.http.problems import Problem, json_response
from infra.http.surface import asked_by
from infra.sla_what_if import sla_what_if
from infra.sla_why import promise_events, promises_why
from schemas.instant import parse_instant


class AskedSlaDiff(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/admin/sla-diff`: events in JSON, and perhaps the instant from which they would hold."""

    events: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1_000)]
    since: str | None = None
    most: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 1_000


async def sla(request: Request) -> Response:
    """`GET /v1/sla/{id}`: every clock of a ticket, segment by segment."""
    surface, _, tenant = asked_by(request, "read")
    clocks = await asyncio.to_thread(promises_why, surface.application, tenant, request.path_params["id"])
    return json_response({"clocks": clocks})


async def events(request: Request) -> Response:
    """`GET /v1/sla-events/{id}`: what happened to the clocks of a ticket, in the shape of Zendesk's metric events."""
    surface, _, tenant = asked_by(request, "read")
    found = await asyncio.to_thread(promise_events, surface.application, tenant, request.path_params["id"])
    return json_response({"ticket_metric_events": found, "count": len(found)})


async def diff(request: Request) -> Response:
    """`POST /v1/admin/sla-diff`: the journal folded as it is and with these settings; progress as JSON lines."""
    operator_of(request)
    surface, _, tenant = asked_by(request, "read")
    said = await asked(request, AskedSlaDiff)
    try:
        since = None if said.since is None else parse_instant(said.since)
    except ValueError as error:
        raise Problem(400, f"`since` (`--from`) is no instant: {error}", "write it as 2026-03-01T12:00:00Z") from error

    def work(tell: Tell) -> dict[str, Any]:
        def progress(done: int, total: int) -> None:
            tell(done, total, "folding twice")

        return sla_what_if(surface.application, tenant, said.events, since=since, most=said.most, progress=progress)

    return streamed(work)


ROUTES = [
    Route("/v1/sla/{id:path}", sla),
    Route("/v1/sla-events/{id:path}", events),
    Route("/v1/admin/sla-diff", diff, methods=["POST"]),
]
