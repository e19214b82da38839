"""Changing facts as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from infra.access import Principal
from infra.http.problems import Problem
from infra.http.surface import Surface, asked_by

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def changes(request: Request) -> Response:
    """`GET /v1/changes`: each fact and retraction as it is said; `Last-Event-ID` goes on after one."""
    surface, principal, tenant = asked_by(request, "read")
    said = request.headers.get("last-event-id") or request.query_params.get("after")
    if said is not None and not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Problem(400, "no such event id", "`Last-Event-ID` is the id of an event that was sent")
    surface.changes.require_room()
    stream = _told(request, surface, principal, tenant, None if said is None else int(said))
    return StreamingResponse(stream, headers=_HEADERS, media_type="text/event-stream")


async def _told(
    request: Request, surface: Surface, principal: Principal, tenant: str, after: int | None
) -> AsyncIterator[bytes]:
    async with aclosing(surface.changes.follow(tenant, after)) as following:
        async for frames in following:
            if principal.tenant is not None and not _still_valid(request, surface):
                return
            if frames:
                yield frames


def _still_valid(request: Request, surface: Surface) -> bool:
    """A key that was revoked or has expired meanwhile hears nothing more."""
    try:
        surface.identity.principal(request, "read")
    except Problem:
        return False
    return True


ROUTES = [Route("/v1/changes", changes)]
