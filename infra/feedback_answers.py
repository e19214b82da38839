"""What people ask about feedback that asks for something: what is open, how steps turned out, and why."""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation
from schemas.loops import loop_told

_SHOWN_TEXT = 240  # characters

_LOOPS = """
SELECT l.feedback AS feedback, l.account AS account, a.name AS name, f.scale AS scale, f.score AS score,
    substringUTF8(f.text, 1, {shown:UInt32}) AS text, l.reason AS reason, l.severity AS severity, l.topic AS topic,
    l.owner AS owner, l.ticket AS ticket, l.step AS step, l.due_at AS due_at, l.missed AS missed, l.kept AS kept,
    l.started_at AS started_at, l.routed_due_at AS routed_due_at, l.routed_at AS routed_at,
    l.acknowledged_due_at AS acknowledged_due_at, l.acknowledged_at AS acknowledged_at,
    l.acted_on_due_at AS acted_on_due_at, l.acted_on_at AS acted_on_at,
    l.told_back_due_at AS told_back_due_at, l.told_back_at AS told_back_at
FROM feedback_loops AS l LEFT JOIN feedback AS f ON f.tenant = l.tenant AND f.feedback = l.feedback
LEFT JOIN accounts AS a ON a.tenant = l.tenant AND a.account = l.account
WHERE l.tenant = {tenant:String}
"""
_OPEN = "AND l.step != 'closed' ORDER BY l.severity = 'severe' DESC, l.started_at, l.feedback LIMIT {limit:UInt32}"
_ALL = "ORDER BY l.started_at DESC, l.feedback LIMIT {limit:UInt32}"

_STEPS = """
SELECT s.1 AS step, countIf(s.2 IS NOT NULL AND NOT s.3) AS in_time, countIf(s.2 IS NOT NULL AND s.3) AS too_late,
    countIf(s.2 IS NULL AND s.3) AS overdue, countIf(s.2 IS NULL AND NOT s.3) AS not_yet
FROM (
    SELECT arrayJoin([
        ('routed', routed_at, has(missed, 'routed')),
        ('acknowledged', acknowledged_at, has(missed, 'acknowledged')),
        ('acted_on', acted_on_at, has(missed, 'acted_on')),
        ('told_back', told_back_at, has(missed, 'told_back'))
    ]) AS s
    FROM feedback_loops WHERE tenant = {tenant:String}
)
GROUP BY step ORDER BY indexOf(['routed', 'acknowledged', 'acted_on', 'told_back'], step)
"""
_LOOP = "SELECT * FROM feedback_loops WHERE tenant = {tenant:String} AND feedback = {id:String}"


def feedback_loops(read: Read, tenant: str, limit: int, *, only_open: bool) -> list[Row]:
    """What asks for something: the latest first, or of what is open the most severe, and of that the oldest."""
    asked = {"tenant": tenant, "limit": limit, "shown": _SHOWN_TEXT}
    return read(_LOOPS + (_OPEN if only_open else _ALL), asked)


def steps_kept(read: Read, tenant: str) -> list[Row]:
    """Of each step, how often it was done in time or too late, and how often it is overdue or not due yet."""
    return read(_STEPS, {"tenant": tenant})


def loop_why(read: Read, tenant: str, feedback: str) -> list[Explanation]:
    """Why the loop of a piece of feedback stands as it does; empty where nothing asks."""
    return explanations(read, _LOOP, tenant, feedback, _loop)


def _loop(row: Row) -> Explanation:
    kind, basis = loop_told(row["step"], row["reason"], row["settings_id"], row["calendar"])
    return explained(row, row["feedback"], kind, float(row["kept"]), "steps in time", basis)
