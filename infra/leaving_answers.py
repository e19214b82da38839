"""What people ask about leaving: whom to call first, and what spoke for those who left."""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation


def accounts_at_risk(read: Read, tenant: str, limit: int) -> list[Row]:
    """Accounts by the recurring revenue that is likely to go within 90 days, in minor units, the most first.

    Amounts of several currencies are compared by how often the usual account of theirs pays them: `usual_minor` is
    what half of the tenant's accounts that pay in this currency pay at most.
    """
    return read(
        "SELECT r.account AS account, r.name AS name, r.tier AS tier, r.plan AS plan, r.owner AS owner, "
        "r.renewal_at AS renewal_at, r.currency AS currency, r.recurring_minor AS recurring_minor, "
        "r.probability_30 AS probability_30, r.probability_60 AS probability_60, r.probability_90 AS probability_90, "
        "r.at_risk_minor AS at_risk_minor, r.cause AS cause, r.winnable_percent AS winnable_percent, "
        "r.winnable_minor AS winnable_minor, r.model AS model, r.terms AS terms, r.predicted_at AS predicted_at, "
        "a.health AS health, a.health_band AS health_band, u.usual_minor AS usual_minor FROM at_risk AS r "
        "LEFT JOIN (SELECT coalesce(currency, '') AS paid_in, quantileExactLow(0.5)(recurring_minor) AS usual_minor "
        "FROM at_risk WHERE tenant = {tenant:String} AND recurring_minor > 0 GROUP BY paid_in) AS u "
        "ON u.paid_in = coalesce(r.currency, '') "
        "LEFT JOIN accounts AS a ON a.tenant = r.tenant AND a.account = r.account WHERE r.tenant = {tenant:String} "
        "ORDER BY at_risk_minor / greatest(1, coalesce(u.usual_minor, 1)) DESC, probability_90 DESC, account "
        "LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def accounts_lost(read: Read, tenant: str, limit: int) -> list[Row]:
    """Accounts that left, the latest first: the reason they gave, and the cause as it looked before."""
    return read(
        "SELECT l.account AS account, a.name AS name, a.tier AS tier, a.owner AS owner, l.churned_at AS churned_at, "
        "l.reason AS reason, l.cause AS cause, l.winnable_percent AS winnable_percent, "
        "l.probability_90 AS probability_90, l.recurring_minor AS recurring_minor, l.currency AS currency, "
        "l.model AS model, l.terms AS terms, l.predicted_at AS predicted_at FROM lost_accounts AS l "
        "LEFT JOIN accounts AS a ON a.tenant = l.tenant AND a.account = l.account WHERE l.tenant = {tenant:String} "
        "ORDER BY churned_at DESC, account LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def lost_why(read: Read, tenant: str, account: str) -> list[Explanation]:
    """What spoke for an account's leaving when it was last asked about before it left."""
    sql = "SELECT * FROM lost_accounts WHERE tenant = {tenant:String} AND account = {id:String}"
    return explanations(read, sql, tenant, account, _lost)


def _lost(row: Row) -> Explanation | None:
    if not row["terms"]:
        return None
    basis = f"{row['model']} version {row['version']} after {row['n']} labels, said before it left"
    kind = f"lost, {row['reason'] or 'no reason given'}, with {row['probability_90']:.1%} within 90 days"
    return explained(row, row["account"], kind, row["logit"], "log-odds", basis)
