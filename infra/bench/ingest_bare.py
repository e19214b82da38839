"""The least that any door costs: an application that reads the body and says so, as uvicorn serves it by itself.

`python -m infra.bench.ingest_bare FILE` listens on a free port of loopback and writes its number into the file.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def take(request: Request) -> Response:
    """Reads the body, and keeps nothing."""
    await request.body()
    return Response(b"{}", media_type="application/json")


def main() -> None:
    """Serves until it is terminated."""
    app = Starlette(routes=[Route("/v1/events", take, methods=["POST"])])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        Path(sys.argv[1]).write_text(str(listener.getsockname()[1]))
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run([listener])


if __name__ == "__main__":
    main()
