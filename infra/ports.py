"""Ports of loopback for the servers that this machine starts for itself."""

from __future__ import annotations

import secrets
import socket
import time
from contextlib import closing

from infra.home import HomeError

# Below what systems give to outgoing connections (32768 and up on Linux, 49152 elsewhere): one of those would take a
# server's port while the server is down.
_FIRST, _LAST = 20_000, 32_000
_TRIES = 200
_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.05


def free_port(wanted: int = 0) -> int:
    """The port wanted once nobody has it, and after some seconds any free one. Raises HomeError where none is."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while wanted:
        if _is_free(wanted):
            return wanted
        if time.monotonic() > until:
            break
        time.sleep(_LOOK_SECONDS)
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if _is_free(port):
            return port
    raise HomeError(f"no port of 127.0.0.1 from {_FIRST} to {_LAST} is free")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
