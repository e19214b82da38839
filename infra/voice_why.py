"""Why a text is said to speak of a topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.explanation import Explanation, Term

Rows = Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]

_READ = "SELECT * FROM feedback_read WHERE tenant = {tenant:String} AND feedback = {id:String}"


def voice_why(rows: Rows, tenant: str, feedback: str) -> list[Explanation]:
    """What each word of a piece of feedback adds to its topic; empty where its text was not read."""
    found = []
    for row in rows(_READ, {"tenant": tenant, "id": feedback}):
        basis = f"said by {row['topic_by']}" + (f" after {row['n']} labels" if row["n"] else "")
        terms = tuple([Term(label, amount, tuple(event_ids)) for label, amount, event_ids in row["terms"]])
        kind, position = f"topic {row['topic'] or 'unknown'}", int(row["position"])
        found.append(Explanation(feedback, kind, position, row["logit"], "log-odds", basis, terms))
    return found
