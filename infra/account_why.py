"""Why an account is as healthy as it is, why it may leave, what it is owed, and why it left."""

from __future__ import annotations

from functools import partial

from infra.leaving_answers import lost_why
from infra.scores_why import scores_why
from infra.together import Question
from infra.view_rows import Read, explained
from schemas.explanation import Explanation

_OF_ACCOUNT = "WHERE tenant = {tenant:String} AND account = {id:String}"
_ACCOUNT = f"SELECT * FROM accounts {_OF_ACCOUNT}"  # noqa: S608 - all of it is ours
_CHANGE = f"SELECT * FROM health_history {_OF_ACCOUNT} ORDER BY changed_at DESC LIMIT 1"  # noqa: S608 - all of it is ours
_CREDITS = f"SELECT * FROM credits {_OF_ACCOUNT} ORDER BY month DESC LIMIT 12"  # noqa: S608 - all of it is ours
_WEIGHTS = "weights of the tenant's settings"


def account_reasons(read: Read, tenant: str, account: str) -> list[Question[list[Explanation]]]:
    """What is to be asked, in the order of the answers."""
    return [partial(asked, read, tenant, account) for asked in (_by_now, _last_change, scores_why, _owed, lost_why)]


def _by_now(read: Read, tenant: str, account: str) -> list[Explanation]:
    found: list[Explanation] = []
    for row in read(_ACCOUNT, {"tenant": tenant, "id": account}):
        if row["health"] is not None:
            found.append(explained(row, account, "health", row["health"], "points", _WEIGHTS, terms="health_terms"))
        if row["churn_logit"] is not None:
            basis = f"{row['churn_model']} version {row['churn_version']} after {row['churn_n']} labels"
            kind = f"churn within 90 days ({row['churn_probability_90']:.1%})"
            found.append(explained(row, account, kind, row["churn_logit"], "log-odds", basis, terms="churn_terms"))
    return found


def _last_change(read: Read, tenant: str, account: str) -> list[Explanation]:
    found: list[Explanation] = []
    for row in read(_CHANGE, {"tenant": tenant, "id": account}):
        kind = f"health change of {row['changed_at']}"
        found.append(explained(row, account, kind, row["after"] - row["before"], "points", _WEIGHTS))
    return found


def _owed(read: Read, tenant: str, account: str) -> list[Explanation]:
    found: list[Explanation] = []
    for row in read(_CREDITS, {"tenant": tenant, "id": account}):
        basis = f"{row['breaches']} breaches in {row['month']}, credits in force when it began"
        kind, unit = f"credits {row['month']}", f"{row['currency']} minor"
        found.append(explained(row, account, kind, row["owed_minor"], unit, basis))
    return found
