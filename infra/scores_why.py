"""Why an account's own scores, its standings and its forecasts are what they are."""

from __future__ import annotations

from infra.view_rows import Read, Row, explained, explanations
from schemas.explanation import Explanation

_SCORES = "SELECT * FROM scores WHERE tenant = {tenant:String} AND account = {id:String} ORDER BY score"
_CHANGES = """
SELECT * FROM score_history WHERE tenant = {tenant:String} AND account = {id:String}
ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 1 BY score
"""
_STANDINGS = "SELECT * FROM health_standing WHERE tenant = {tenant:String} AND account = {id:String} ORDER BY score"
_FORECASTS = """
SELECT * FROM health_forecasts WHERE tenant = {tenant:String} AND account = {id:String}
ORDER BY made_day DESC LIMIT 1 BY score
"""


def scores_why(read: Read, tenant: str, account: str) -> list[Explanation]:
    """Each score of the tenant's own with its last change, and each standing and newest forecast."""
    asked = ((_SCORES, _score), (_CHANGES, _change), (_STANDINGS, _standing), (_FORECASTS, _forecast))
    return [one for sql, said in asked for one in explanations(read, sql, tenant, account, said)]


def _score(row: Row) -> Explanation:
    return _points(row, f"score {row['score']}", row["value"], f"rule said by {row['settings_id']}, {row['band']}")


def _change(row: Row) -> Explanation:
    kind = f"score {row['score']} change of {row['changed_at']}"
    return _points(row, kind, row["after"] - row["before"], f"rule said by {row['settings_id']}")


def _standing(row: Row) -> Explanation:
    basis = f"{row['size']} peers by {row['peers_by']}: {row['peers']}; percentile {row['percentile']}"
    return _points(row, f"standing of {row['score']}", row["difference"], basis)


def _forecast(row: Row) -> Explanation:
    told = f"four of five end from {row['low']:g} to {row['high']:g}"
    basis = f"{row['way']}; {told}; {row['n']} forecasts judged"
    return _points(row, f"forecast of {row['score']} in 30 days", row["expected"], basis)


def _points(row: Row, kind: str, total: float, basis: str) -> Explanation:
    return explained(row, row["account"], kind, total, "points", basis)
