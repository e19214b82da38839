"""History in: files on this machine, named by the operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.operator import asked, operator_of, streamed


class AskedImport(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /v1/admin/import`: paths are of the serving machine; `limit` takes the first rows only."""

    files: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    mapping: str
    tenant: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


async def import_files(request: Request) -> Response:
    """`POST /v1/admin/import`: `files`, `mapping`, `tenant` and perhaps `limit`; progress as JSON lines."""
    surface = operator_of(request)
    said = await asked(request, AskedImport)

    def work(progress: Callable[[int, int, str], None]) -> dict[str, Any]:
        return surface.operations.bring(
            list(said.files),
            said.mapping,
            said.tenant,
            limit=said.limit,
            progress=lambda stage, done, total: progress(done, total, stage),
        )

    return streamed(work)


ROUTES = [Route("/v1/admin/import", import_files, methods=["POST"])]
