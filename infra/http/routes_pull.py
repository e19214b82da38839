"""History in: a connected tool's, through its API, as long as whoever asked listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import OPERATOR
from infra.connections import Connection
from infra.http import audit
from infra.http.operator import asked, operator_of, streamed
from infra.pull_connection import Stop, Wanted, pull_connection

Line = Annotated[str, msgspec.Meta(max_length=256)]


class AskedPull(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/admin/pull`: a source or a connection's name, and what opens its API, if that is not kept.

    `since` is an instant in microseconds, from which on all is read anew.
    """

    tenant: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    source: Line
    address: Annotated[str, msgspec.Meta(max_length=2_048)] = ""
    user: Line = ""
    token: Annotated[str, msgspec.Meta(max_length=4_096)] = ""
    since: Annotated[int, msgspec.Meta(ge=0)] | None = None
    keep: bool = False


async def pull(request: Request) -> Response:
    """`POST /v1/admin/pull`: progress as JSON lines. It ends with the request; asked again it goes on."""
    surface = operator_of(request)
    said = await asked(request, AskedPull)
    wanted = Wanted(said.tenant, said.source, said.address, said.user, said.token, said.since, said.keep)
    stop = Stop()
    found = surface.connections.all(said.tenant)

    def began(connection: Connection) -> None:
        audit.tell(surface, OPERATOR, said.tenant, "history.pulled", subject=connection.id, detail=connection.named)

    response = streamed(lambda tell: pull_connection(surface.application, found, wanted, stop, tell, began))
    lines = response.body_iterator

    async def listened() -> AsyncIterator[str | bytes | memoryview]:
        try:
            async for line in lines:
                yield line
        finally:
            stop.tell()

    response.body_iterator = listened()
    return response


ROUTES = [Route("/v1/admin/pull", pull, methods=["POST"])]
