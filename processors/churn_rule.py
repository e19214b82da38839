"""The answer about churn before a tenant's own model has learned enough: a fixed rule over the health score."""

from __future__ import annotations

from schemas.explanation import Term

HORIZON_DAYS = (30, 60, 90)

# Log-odds of leaving at a health score of 50, by horizon: about one account in twelve, seven and five.
_AT_FIFTY = {30: -2.4, 60: -1.8, 90: -1.4}
_POINTS_PER_LOG_ODD = 12.0


def rule_terms(horizon_days: int, score: float | None, event_ids: tuple[str, ...]) -> tuple[Term, ...]:
    """Signed log-odds: what holds for everybody, and what the health score adds or takes away."""
    base = Term("before anything is known of the account", _AT_FIFTY[horizon_days])
    if score is None:
        return (base,)
    return (base, Term(f"health score {score:g}", (50.0 - score) / _POINTS_PER_LOG_ODD, event_ids))
