"""Waiting for what happens beside the test: another thread, another process, a broker."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], object], seconds: float, *, look_every: float = 0.02) -> None:
    """Returns as soon as it is so; fails where it is not within so many seconds."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(look_every)
