"""How much of alerts and their deliveries is told at once."""

from __future__ import annotations

from typing import Final

MOST_ALERTS: Final = 1_000
MOST_DELIVERIES: Final = 1_000
# What no cursor of alerts reaches.
LAST_CURSOR: Final = 10**15
