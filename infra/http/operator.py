"""What the operator's routes share: who may, what was said, and work whose progress is told line by line."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse

from infra.http.problems import Problem
from infra.http.surface import Surface, surface_of

Tell = Callable[[int, int, str], None]
Work = Callable[[Tell], dict[str, Any]]


def operator_of(request: Request) -> Surface:
    """The surface, for the operator alone: a tenant's key, even an admin one, reaches one tenant. Raises Problem."""
    surface = surface_of(request)
    if surface.identity.principal(request, "admin").tenant is not None:
        raise Problem(403, "the operator only", "run this on the machine itself")
    return surface


async def json_body(request: Request) -> dict[str, Any]:
    """The body as one JSON object; an empty one says nothing. Raises Problem."""
    try:
        asked = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError as error:
        raise Problem(400, "the body is not JSON", str(error)) from error
    if not isinstance(asked, dict):
        raise Problem(400, "the body is not one JSON object")
    return asked


def streamed(work: Work) -> StreamingResponse:
    """Runs work in a thread: progress (done, total, stage) a line each; the last line is the result or the error."""
    lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def tell(done: int, total: int, stage: str) -> None:
        lines.put({"done": done, "total": total, "stage": stage})

    def act() -> None:
        try:
            lines.put({"result": work(tell)})
        except Exception as error:  # noqa: BLE001 - the answer has begun; the error is its last line
            lines.put({"error": str(error), "kind": type(error).__name__})
        lines.put(None)

    async def told() -> AsyncIterator[bytes]:
        threading.Thread(target=act, name="operation", daemon=True).start()
        while (line := await asyncio.to_thread(lines.get)) is not None:
            yield orjson.dumps(line) + b"\n"

    return StreamingResponse(told(), media_type="application/x-ndjson")
