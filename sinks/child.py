"""How does one process of ours ask another? A module started as a child, bytes out and bytes back over sockets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Final

_END_SECONDS: Final = 30.0
# What a child does is waited for less than what the door does; it catches up when the door has nothing to do.
_NICENESS: Final = 5
_OWNER_ONLY: Final = 0o077
_SOURCE_ROOT: Final = Path(__file__).resolve().parents[1]


def run_behind() -> None:
    """For a child, once, as it starts: another's signals are not its own, and its work comes after the other's.

    Signals of a terminal or a supervisor are the other process's business: the child ends when that one has.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(_NICENESS)


class ChildEnded(RuntimeError):
    """The child is gone, and with it the answer to what was asked."""


class Child:
    """`python -m MODULE DESCRIPTOR...`: a child that serves one request at a time on each of its sockets.

    The files it makes are for their owner only. It ends when its first socket is closed, so with this process, whatever
    ends it. Threads may share this.
    """

    def __init__(self, module: str, sockets: int = 1) -> None:
        """Starts it. Nothing is said to it yet."""
        pairs = [socket.socketpair() for _ in range(sockets)]
        theirs = [pair[1].fileno() for pair in pairs]
        environment = dict(os.environ)
        environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # idle threads of a library that a child hardly uses
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = str(_SOURCE_ROOT) if not known else f"{_SOURCE_ROOT}{os.pathsep}{known}"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, theirs)],
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                env=environment,
                umask=_OWNER_ONLY,
            )
        except BaseException:
            for ours, _ in pairs:
                ours.close()
            raise
        finally:
            for _, other in pairs:
                other.close()
        self._is_lost = False
        self._lines = [(Connection(ours.detach()), Lock()) for ours, _ in pairs]

    @property
    def process_id(self) -> int:
        """The child's."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def has_ended(self) -> bool:
        """Whether it will answer no more."""
        return self._is_lost or self._process.poll() is not None

    def ask(self, message: bytes, line: int = 0) -> bytes:
        """The answer to a message. Raises ChildEnded when there will be none."""
        connection, asking = self._lines[line]
        with asking:
            try:
                connection.send_bytes(message)
                return connection.recv_bytes()
            except (EOFError, OSError) as error:
                self._is_lost = True
                raise ChildEnded(f"process {self.process_id} ended before it answered") from error

    def end(self) -> None:
        """Closes the sockets and waits until the child has ended; a child that does not end is killed."""
        for connection, _ in self._lines:
            connection.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_AHEAD: Final[dict[str, Child]] = {}


def start_ahead(module: str, sockets: int = 1) -> None:
    """Starts a child that somebody will ask for soon, so that it loads while this process does."""
    waiting = _AHEAD.get(module)
    if waiting is None or waiting.has_ended:
        _AHEAD[module] = Child(module, sockets)


def child_of(module: str, sockets: int = 1) -> Child:
    """A child of its own for who asks: the one that was started ahead, if there is one, or a new one."""
    ahead = _AHEAD.pop(module, None)
    return Child(module, sockets) if ahead is None or ahead.has_ended else ahead
