"""What people ask about leaving: whom to call first, and what spoke for those who left."""

from __future__ import annotations

from infra.view_rows import Read, Row, explained
from schemas.explanation import Explanation


def accounts_at_risk(read: Read, tenant: str, limit: int) -> list[Row]:
    """Accounts by the recurring revenue that is likely to go within 90 days, in minor units, the most first."""
    return read(
        "SELECT account, name, tier, plan, owner, renewal_at, currency, recurring_minor, probability_30, "
        "probability_60, probability_90, at_risk_minor, cause, winnable_percent, winnable_minor, model, terms, "
        "predicted_at FROM at_risk WHERE tenant = {tenant:String} "
        "ORDER BY at_risk_minor DESC, probability_90 DESC, account LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def accounts_lost(read: Read, tenant: str, limit: int) -> list[Row]:
    """Accounts that left, the latest first: the reason they gave, and the cause as it looked before."""
    return read(
        "SELECT account, churned_at, reason, cause, winnable_percent, probability_90, recurring_minor, currency, "
        "model, terms, predicted_at FROM lost_accounts WHERE tenant = {tenant:String} "
        "ORDER BY churned_at DESC, account LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def lost_why(read: Read, tenant: str, account: str) -> list[Explanation]:
    """What spoke for an account's leaving when it was last asked about before it left."""
    rows = read(
        "SELECT * FROM lost_accounts WHERE tenant = {tenant:String} AND account = {id:String}",
        {"tenant": tenant, "id": account},
    )
    found = []
    for row in rows:
        if row["terms"]:
            basis = f"{row['model']} version {row['version']} after {row['n']} labels, said before it left"
            kind = f"lost, {row['reason'] or 'no reason given'}, with {row['probability_90']:.1%} within 90 days"
            found.append(explained(row, account, kind, row["logit"], "log-odds", basis))
    return found
