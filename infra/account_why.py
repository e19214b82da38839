"""Why an account is as healthy as it is, why it may leave, what it is owed, and why it left."""

from __future__ import annotations

from functools import partial

from infra.leaving_answers import lost_why
from infra.scores_why import scores_why
from infra.together import Question
from infra.view_rows import Read, Row, explained, explanations, told_of
from schemas.explanation import Explanation

_OF_ACCOUNT = "WHERE tenant = {tenant:String} AND account = {id:String}"
ACCOUNT = f"SELECT * FROM accounts {_OF_ACCOUNT}"  # noqa: S608 - all of it is ours
_LATEST = "ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 1"
_CHANGE = f"SELECT * FROM health_history {_OF_ACCOUNT} {_LATEST}"  # noqa: S608 - all of it is ours
_CREDITS = f"SELECT * FROM credits {_OF_ACCOUNT} ORDER BY month DESC LIMIT 12"  # noqa: S608 - all of it is ours
_WEIGHTS = "weights of the tenant's settings"


def account_reasons(
    read: Read, tenant: str, account: str, known: Question[list[Row]]
) -> list[Question[list[Explanation]]]:
    """What is to be asked, in the order of the answers; `known` gives the rows of `ACCOUNT`."""
    return [
        lambda: told_of(known(), _health, _leaving),
        partial(explanations, read, _CHANGE, tenant, account, _last_change),
        partial(scores_why, read, tenant, account),
        partial(explanations, read, _CREDITS, tenant, account, _owed),
        partial(lost_why, read, tenant, account),
    ]


def _health(row: Row) -> Explanation | None:
    if row["health"] is None:
        return None
    where = {"terms": "health_terms", "position": "health_position"}
    return explained(row, row["account"], "health", row["health"], "points", _WEIGHTS, **where)


def _leaving(row: Row) -> Explanation | None:
    if row["churn_logit"] is None:
        return None
    basis = f"{row['churn_model']} version {row['churn_version']} after {row['churn_n']} labels"
    kind = f"churn within 90 days ({row['churn_probability_90']:.1%})"
    where = {"terms": "churn_terms", "position": "churn_position"}
    return explained(row, row["account"], kind, row["churn_logit"], "log-odds", basis, **where)


def _last_change(row: Row) -> Explanation:
    kind = f"health change of {row['changed_at']}"
    return explained(row, row["account"], kind, row["after"] - row["before"], "points", _WEIGHTS)


def _owed(row: Row) -> Explanation:
    basis = f"{row['breaches']} breaches in {row['month']}, credits in force when it began"
    kind, unit = f"credits {row['month']}", f"{row['currency']} minor"
    return explained(row, row["account"], kind, row["owed_minor"], unit, basis)
