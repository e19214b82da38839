"""What somebody may want to hear of: every kind of alert a processor raises."""

from __future__ import annotations

from typing import ClassVar, Final

from schemas.fact import Fact

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


class AlertRaised(Fact, frozen=True, kw_only=True):
    """Somebody should hear of a fact."""

    kind: ClassVar[str] = "alert.raised"
    identity: ClassVar[tuple[str, ...]] = ("alert", "about_id", "occasion")
    order_bound: ClassVar[bool] = True

    alert: str
    about_id: str
    occasion: str
    subject: str
    account: str | None = None
    summary: str
    happened_at: int
    withdrawn: bool = False
