"""History in: files on this machine, named by the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.access import OPERATOR
from infra.http import audit
from infra.http.operator import Tell, asked, operator_of, streamed
from infra.http.surface import Surface


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
    return streamed(lambda tell: _imported(surface, said, tell))


def _imported(surface: Surface, said: AskedImport, tell: Tell) -> dict[str, Any]:
    takes = False

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal takes
        takes = takes or stage == "taking"
        tell(done, total, stage)

    # By their names alone: where files lie on this machine is nobody's to know.
    files = ", ".join(Path(file).name for file in said.files)
    mapping = Path(said.mapping).name
    try:
        report = surface.operations.bring(
            list(said.files), said.mapping, said.tenant, limit=said.limit, progress=progress
        )
    except BaseException:
        if takes:
            audit.tell(surface, OPERATOR, said.tenant, "history.imported", subject=mapping, detail=f"in part: {files}")
        raise
    audit.tell(surface, OPERATOR, said.tenant, "history.imported", subject=mapping, detail=files)
    return report


ROUTES = [Route("/v1/admin/import", import_files, methods=["POST"])]
