"""How large is a run? The full one is for figures, the quick one shows that everything still runs."""

from __future__ import annotations

from typing import NamedTuple


class Scale(NamedTuple):
    """Records of the shared log, how many copies of it make a large state, and records for Flink's process mode."""

    events: int
    copies: int
    process_events: int


SCALES = {"full": Scale(120_000, 8, 30_000), "quick": Scale(1_200, 2, 600)}
