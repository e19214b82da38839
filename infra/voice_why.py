"""Why a text is said to speak of a topic."""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation

_READ = "SELECT * FROM feedback_read WHERE tenant = {tenant:String} AND feedback = {id:String}"


def voice_why(read: Read, tenant: str, feedback: str) -> list[Explanation]:
    """What each word of a piece of feedback adds to its topic; empty where its text was not read."""
    return explanations(read, _READ, tenant, feedback, _topic)


def _topic(row: Row) -> Explanation:
    basis = f"said by {row['topic_by']}" + (f" after {row['n']} labels" if row["n"] else "")
    return explained(row, row["feedback"], f"topic {row['topic'] or 'unknown'}", row["logit"], "log-odds", basis)
