"""What the operator's routes share: who may, what was said, and work whose progress is told line by line."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse

from infra.http.bodies import body_of
from infra.http.problems import Problem
from infra.http.surface import Surface, surface_of

Tell = Callable[[int, int, str], None]
Work = Callable[[Tell], dict[str, Any]]
Asked = TypeVar("Asked", bound=msgspec.Struct)

_LARGEST_BODY = 1 << 20
# Whoever listens, and what lies between, gives up on an answer that is silent: 30 seconds are usual.
_SILENCE_SECONDS = 5.0


def operator_of(request: Request) -> Surface:
    """The surface, for the operator alone: a tenant's key, even an admin one, reaches one tenant. Raises Problem."""
    surface = surface_of(request)
    if surface.identity.principal(request, "admin").tenant is not None:
        raise Problem(403, "the operator only", "run this on the machine itself")
    return surface


async def asked(request: Request, kind: type[Asked]) -> Asked:
    """The body as what the route takes; an empty one says nothing. Raises Problem, msgspec.DecodeError."""
    return msgspec.json.decode(await body_of(request, _LARGEST_BODY) or b"{}", type=kind)


def streamed(work: Work) -> StreamingResponse:
    """Runs work in a thread: progress (done, total, stage) a line each; the last line is the result or the error.

    A stage that tells nothing for a while is told again as it was.
    """
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
        line: dict[str, Any] | None = {"done": 0, "total": 0, "stage": "beginning"}
        while line is not None:
            yield orjson.dumps(line) + b"\n"
            with suppress(queue.Empty):
                line = await asyncio.to_thread(lines.get, True, _SILENCE_SECONDS)

    return StreamingResponse(told(), media_type="application/x-ndjson")
