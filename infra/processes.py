"""Processes that outlive the command that started them: known by id and start time, so that no other is ever ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_LOOK_SECONDS = 0.05


class Started(NamedTuple):
    """One process: its id, and when it started as the system tells it (ids are used again; both together are not)."""

    process_id: int
    started: str


def start(command: Sequence[str], output: Path, environment: Mapping[str, str]) -> Started:
    """Starts a process in a session of its own, its output appended to a file; it lives on when this one ends."""
    into = os.open(output, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        process_id = os.posix_spawn(
            command[0],
            list(command),
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, into, 1),
                (os.POSIX_SPAWN_DUP2, into, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(into)
    return Started(process_id, started_at(process_id) or "")


def started_at(process_id: int) -> str | None:
    """When a process started, as the system says it; None where there is no such process, or only its remains."""
    stat = Path("/proc", str(process_id), "stat")
    if Path("/proc/self/stat").exists():
        try:
            # Fields after the name, which may hold anything: state first, the start in ticks since boot as the 20th.
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else fields[19]
    asked = ["ps", "-o", "state=", "-o", "lstart=", "-p", str(process_id)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
    return told[1].strip() if len(told) == 2 and not told[0].startswith("Z") else None


def is_running(process: Started) -> bool:
    """Whether this very process still runs."""
    _reap(process.process_id)
    return started_at(process.process_id) == process.started


def stop(process: Started, patience_seconds: float) -> bool:
    """Asks the process to end and waits; ends it by force when the patience is over. False where it ran no more."""
    if not is_running(process):
        return False
    os.kill(process.process_id, signal.SIGTERM)
    if not _gone(process, patience_seconds):
        kill(process)
    return True


def kill(process: Started) -> None:
    """Ends the process at once, if it still runs, and waits until it is gone."""
    if is_running(process):
        os.kill(process.process_id, signal.SIGKILL)
        _gone(process, 30.0)


def _gone(process: Started, patience_seconds: float) -> bool:
    until = time.monotonic() + patience_seconds
    while is_running(process):
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _reap(process_id: int) -> None:
    # Only a child of this process can be waited for; anybody else's is looked at only.
    try:
        os.waitpid(process_id, os.WNOHANG)
    except ChildProcessError:
        return
