"""What was measured, what was wanted, and what a simple method reaches."""

from __future__ import annotations

import math
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


def number(value: float) -> str:
    """A figure as people read it: four digits, and all of those before the point."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
