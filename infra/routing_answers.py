"""What people ask about routing: who waits, who helps, and why a ticket was given to somebody."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from infra.together import Question
from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation


def waiting_for_experts(read: Read, tenant: str, limit: int) -> list[Row]:
    """Tickets that nobody could take yet, the least time left first."""
    return read(
        "SELECT q.ticket AS ticket, t.title AS title, q.account AS account, a.name AS name, a.tier AS tier, "
        "q.group_name AS group_name, "
        "q.category AS category, q.priority AS priority, q.channel AS channel, q.language AS language, "
        "q.due_at AS due_at, q.queued_at AS queued_at, q.reason AS reason, q.exclusions AS exclusions, "
        "if(h.ticket = '', NULL, h.minutes) AS expected_minutes "
        "FROM queue AS q LEFT JOIN tickets AS t ON t.tenant = q.tenant AND t.ticket = q.ticket "
        "LEFT JOIN accounts AS a ON a.tenant = q.tenant AND a.account = q.account "
        "LEFT JOIN handling AS h ON h.tenant = q.tenant AND h.ticket = q.ticket "
        "WHERE q.tenant = {tenant:String} ORDER BY q.due_at ASC NULLS LAST, q.queued_at, q.ticket "
        "LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def escalated(read: Read, tenant: str, limit: int) -> list[Row]:
    """Tickets that are escalated and not over, the most points first."""
    return read(
        "SELECT e.ticket AS ticket, t.title AS title, e.account AS account, a.name AS name, e.tier AS tier, "
        "e.priority AS priority, e.points AS points, e.terms AS terms, e.escalated_at AS escalated_at, "
        "t.assignee AS assignee, a.recurring_minor AS recurring_minor, a.currency AS currency "
        "FROM escalations AS e LEFT JOIN tickets AS t ON t.tenant = e.tenant AND t.ticket = e.ticket "
        "LEFT JOIN accounts AS a ON a.tenant = e.tenant AND a.account = e.account "
        "WHERE e.tenant = {tenant:String} AND e.over_at IS NULL ORDER BY e.points DESC, e.escalated_at, e.ticket "
        "LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def experts_at_work(read: Read, tenant: str, limit: int) -> list[Row]:
    """Experts by what they have in hand, how decisions for them turned out, their checklists, and what is suspected."""
    return read(
        "SELECT e.expert AS expert, e.group_name AS group_name, e.status AS status, e.tickets AS tickets, "
        "e.capacity AS capacity, e.fatigue_percent AS fatigue_percent, e.handled_minutes AS handled_minutes, "
        "e.usual_seconds AS usual_seconds, e.usual_answer_seconds AS usual_answer_seconds, "
        "e.measured_at AS measured_at, v.judged AS judged, v.correct AS correct, "
        "q.passed AS passed, q.applicable AS applicable, q.dropped AS dropped, g.suspicions AS suspicions "
        "FROM experts AS e LEFT JOIN (SELECT tenant, expert, count() AS judged, countIf(verdict = 'right') AS correct "
        "FROM route_verdicts WHERE tenant = {tenant:String} GROUP BY tenant, expert) AS v "
        "ON v.tenant = e.tenant AND v.expert = e.expert "
        "LEFT JOIN quality_trends AS q ON q.tenant = e.tenant AND q.expert = e.expert "
        "LEFT JOIN (SELECT tenant, coalesce(expert, '') AS expert, count() AS suspicions FROM gaming "
        "WHERE tenant = {tenant:String} GROUP BY tenant, expert) AS g ON g.tenant = e.tenant AND g.expert = e.expert "
        "WHERE e.tenant = {tenant:String} "
        "ORDER BY e.status = 'online' DESC, e.tickets DESC, e.expert LIMIT {limit:UInt32}",
        {"tenant": tenant, "limit": limit},
    )


def teams_at_work(read: Read, tenant: str) -> list[Row]:
    """What each team has in hand, how tired it is, and who waits for it, most of them first."""
    return read(
        "SELECT team, experts, online, tickets, capacity, fatigue_percent, waiting, due_at FROM teams "
        "WHERE tenant = {tenant:String} ORDER BY waiting DESC, tickets DESC, team",
        {"tenant": tenant},
    )


def expert_why(read: Read, tenant: str, expert: str) -> list[Explanation]:
    """Why an expert counts as so tired."""
    sql = "SELECT * FROM experts WHERE tenant = {tenant:String} AND expert = {id:String}"
    return explanations(read, sql, tenant, expert, _fatigue)


def ticket_routing_why(read: Read, tenant: str, ticket: str) -> list[Question[list[Explanation]]]:
    """What to ask for why a ticket is escalated, sounds so, was handled so, and why this team and this expert, the
    latest decision first.
    """
    where = "WHERE tenant = {tenant:String} AND ticket = {id:String}"
    return [
        partial(explanations, read, f"SELECT * FROM {view} {where} {order}", tenant, ticket, said)  # noqa: S608 - all of it is ours
        for view, said, order in _SAID
    ]


def _team(row: Row) -> Explanation:
    basis = f"the tenant's team model version {row['version']} after {row['n']} labels"
    kind = f"team {row['group_name']} ({row['probability']:.0%})"
    return explained(row, row["ticket"], kind, row["logit"], "log-odds", basis)


def _handling(row: Row) -> Explanation:
    took = f", took {row['handled_minutes']}" if row["handled_minutes"] is not None else ""
    basis = f"{row['model']} after {row['n']} tickets, usually {row['usual_minutes']} min{took}"
    kind = f"handling {row['minutes']} min ({row['low_minutes']} to {row['high_minutes']})"
    return explained(row, row["ticket"], kind, float(row["log_thousandths"]), "thousandths of ln minutes", basis)


def _route(row: Row) -> Explanation:
    others = ", ".join(f"{expert} {score:.0f}" for expert, score in row["candidates"][1:4])
    basis = f"decision {row['number']} of {row['routed_at']}" + (f"; next best {others}" if others else "")
    if row["excluded"]:
        basis += f"; {row['excluded']} excluded: {'; '.join(row['exclusions'][:3])}"
    return explained(row, row["ticket"], f"routed to {row['expert']}", float(row["score"]), "points", basis)


def _check(row: Row) -> Explanation:
    basis = f"checklist of {row['applicable']} items"
    return explained(row, row["ticket"], "quality", float(row["passed"]), "items", basis)


def _mood(row: Row) -> Explanation:
    basis = (
        f"{row['n']} ratings in {row['language'] or 'a language not known'}, {row['trend']:+d} since the first message"
    )
    return explained(row, row["ticket"], f"sounds glad ({row['percent']} %)", row["logit"], "log-odds", basis)


def _escalation(row: Row) -> Explanation:
    over = f", over since {row['over_at']}" if row["over_at"] else ""
    basis = f"escalated from {row['edge_points']} points on, since {row['escalated_at']}{over}"
    return explained(row, row["ticket"], "escalation", float(row["points"]), "points", basis)


def _fatigue(row: Row) -> Explanation:
    basis = f"{row['tickets']} of {row['capacity']} tickets in hand, {row['status']}"
    return explained(row, row["expert"], "fatigue", float(row["fatigue_percent"]), "percent", basis)


# Of a ticket: the view, what is made of its rows, and which of them.
_SAID: tuple[tuple[str, Callable[[Row], Explanation], str], ...] = (
    ("escalations", _escalation, ""),
    ("sentiment", _mood, "AND measured"),
    ("quality", _check, ""),
    ("handling", _handling, ""),
    ("team_advice", _team, ""),
    ("routes", _route, "ORDER BY number DESC LIMIT 3"),
)
