"""How large is a measurement? The full one is for figures, the quick one shows that everything still runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of every measurement: records and the accounts they are spread over, tenants, webhook alerts a second."""

    events: int
    accounts: int
    memory_events: int
    memory_accounts: int
    tenants: int
    alerts: int
    alerts_per_second: int


SCALES = {
    "full": Scale(200_000, 2_000, 1_000_000, 100_000, 10_000, 200, 20),
    "quick": Scale(4_000, 40, 4_000, 400, 50, 5, 20),
}
