"""What was measured, what was wanted, and what a simple method reaches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure; `goal` is the least (for errors: the most) that is wanted, None where nothing is promised."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    baseline: float | None = None
    baseline_name: str = ""
