"""Numbered places of a folder, each held by one process at a time; freed when that process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple


class Slot(NamedTuple):
    """A number that is this process's until `free` or its end."""

    number: int
    handle: int

    def free(self) -> None:
        os.close(self.handle)


def take_slot(folder: Path) -> Slot:
    """Takes the lowest number that nobody has, making the folder if it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 0
    while True:
        handle = os.open(folder / f"slot-{number}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            number += 1
        else:
            return Slot(number, handle)
