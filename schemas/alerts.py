"""What somebody may want to hear of: every kind of alert a processor raises."""

from __future__ import annotations

from typing import Final

ALERT_KINDS: Final[tuple[str, ...]] = (
    "sla.warned",
    "sla.breached",
    "ticket.escalated",
    "health.dropped",
    "score.dropped",
    "churn.risk_risen",
    "feedback.step_missed",
    "demand.spiked",
    "quality.dropped",
    "model.drifted",
)
