"""Ports of loopback for the servers that this machine starts for itself."""

from __future__ import annotations

import socket
from contextlib import closing

from infra.home import HomeError


def free_port(wanted: int = 0) -> int:
    """The port wanted if nobody has it, else any free one. Raises HomeError where none is."""
    for port in (wanted, 0):
        with closing(socket.socket()) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = tried.getsockname()[1]
            return found
    raise HomeError("no port of 127.0.0.1 is free")
