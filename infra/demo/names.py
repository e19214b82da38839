"""What the demo's company is called, and the seed that makes it."""

from __future__ import annotations

TENANT = "demo"
SEED = 7
