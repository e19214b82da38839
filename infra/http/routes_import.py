"""History in: files on this machine, named by the operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.http.operator import json_body, operator_of, streamed
from infra.http.problems import Problem
from infra.importing import bring


async def import_files(request: Request) -> Response:
    """`POST /v1/admin/import`: `files`, `mapping`, `tenant` and perhaps `limit`; progress as JSON lines."""
    surface = operator_of(request)
    asked = await json_body(request)
    files, mapping, tenant = asked.get("files"), asked.get("mapping"), asked.get("tenant")
    if not (isinstance(files, list) and files and isinstance(mapping, str) and isinstance(tenant, str)):
        raise Problem(400, "no import", "`files`, `mapping` and `tenant` are needed; paths are of the serving machine")

    def work(progress: Callable[[int, int, str], None]) -> dict[str, Any]:
        return bring(
            surface.application,
            files,
            mapping,
            tenant,
            limit=asked.get("limit"),
            progress=lambda stage, done, total: progress(done, total, stage),
        )

    return streamed(work)


ROUTES = [Route("/v1/admin/import", import_files, methods=["POST"])]
