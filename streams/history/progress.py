"""How far has an import come?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

Stage = Literal["reading", "mapping", "taking"]
SECONDS_BETWEEN = 0.1


class Progress(NamedTuple):
    """One sight of an import: `done` of `total` in bytes of the files (reading), rows (mapping) or events (taking)."""

    stage: Stage
    done: int
    total: int
    rows: int
    events: int
    stage_seconds: float

    @property
    def rate(self) -> float:
        """How much of `done` a second, in this stage."""
        return self.done / self.stage_seconds if self.stage_seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Until this stage ends at this rate; None before anything is done."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


OnProgress = Callable[[Progress], None]


class ProgressTeller:
    """Tells a listener about ten times a second, and at the end of each stage."""

    def __init__(self, listener: OnProgress | None) -> None:
        self._listener = listener
        self._stage: Stage = "reading"
        self._began = self._told = time.monotonic()
        self.rows = 0
        self.events = 0

    def begin(self, stage: Stage) -> None:
        """A stage begins."""
        self._stage = stage
        self._began = self._told = time.monotonic()

    def tell(self, done: int, total: int, *, now: bool = False) -> None:
        """So much of the stage is done; said to the listener if it is time, or `now`."""
        if self._listener is None:
            return
        moment = time.monotonic()
        if now or moment - self._told >= SECONDS_BETWEEN:
            self._told = moment
            seconds = moment - self._began
            self._listener(Progress(self._stage, done, max(done, total), self.rows, self.events, seconds))
