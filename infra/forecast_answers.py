"""What people ask about promises that still run: which are due, and why is one this likely to be broken?"""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation


def promises_at_risk(read: Read, tenant: str, limit: int) -> list[Row]:
    """Running clocks by what is left, how likely each is to be broken, and those broken on tickets that still wait."""
    return read(
        "SELECT s.ticket AS ticket, s.account AS account, s.clock AS clock, s.state AS state, s.due_at AS due_at, "
        "s.breached_at AS breached_at, s.target_seconds AS target_seconds, s.policy AS policy, t.title AS title, "
        "t.status AS status, coalesce(t.triage_priority, t.priority) AS priority, "
        "t.triage_category AS category, t.assignee AS assignee, "
        "if(f.ticket = '', NULL, f.probability) AS breach_probability FROM sla AS s LEFT JOIN sla_forecasts AS f "
        "ON f.tenant = s.tenant AND f.ticket = s.ticket AND f.clock = s.clock AND f.cycle = s.cycle "
        "JOIN tickets AS t ON t.tenant = s.tenant AND t.ticket = s.ticket "
        "WHERE s.tenant = {tenant:String} AND t.status NOT IN ('solved', 'closed') AND s.due_at IS NOT NULL "
        "AND s.state IN ('running', 'breached') ORDER BY s.due_at, s.ticket, s.clock LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def forecast_why(read: Read, tenant: str, ticket: str) -> list[Explanation]:
    """What speaks for and against a breach of each promise on a ticket that still runs."""
    sql = "SELECT * FROM sla_forecasts WHERE tenant = {tenant:String} AND ticket = {id:String} ORDER BY clock, cycle"
    return explanations(read, sql, tenant, ticket, _breach)


def _breach(row: Row) -> Explanation:
    basis = f"{row['model']} version {row['version']} after {row['n']} labels"
    kind = f"breach of {row['clock']} ({row['probability']:.1%})"
    return explained(row, row["ticket"], kind, row["logit"], "log-odds", basis)
