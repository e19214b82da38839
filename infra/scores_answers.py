"""What people ask about an account's scores: each with its course, its place among peers, and where it goes."""

from __future__ import annotations

from typing import Any

import msgspec

from infra.view_rows import Read, Row

_DEFAULT = "health"

_OWN = """
SELECT score, value, band, terms, said_at AS scored_at
FROM scores WHERE tenant = {tenant:String} AND account = {id:String}
"""
_HISTORY = """
SELECT score, changed_at, before, after, event_id, settings_id, terms FROM score_history
WHERE tenant = {tenant:String} AND account = {id:String}
ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 200 BY score
"""
_STANDING = """
SELECT score, peers, peers_by, size, below, level, percentile, median, difference, terms FROM health_standing
WHERE tenant = {tenant:String} AND account = {id:String}
"""
_FORECAST = """
SELECT score, made_day, due_day, value, slope_per_week, slope_low, slope_high, expected, low, high, way, n, terms
FROM health_forecasts WHERE tenant = {tenant:String} AND account = {id:String}
ORDER BY made_day DESC LIMIT 1 BY score
"""
_JUDGED = """
SELECT f.score AS score, count() AS judged, countIf(f.inside) AS held FROM health_forecasts AS f
WHERE f.tenant = {tenant:String} AND f.account = {id:String} AND f.inside IS NOT NULL GROUP BY score
"""
_VERSIONS = """
SELECT score, event_id, holds_from_at, weights, bands, retired FROM health_versions
WHERE tenant = {tenant:String} ORDER BY score, holds_from_at, event_id
"""


def scores_of(read: Read, tenant: str, known: Row) -> list[Row]:
    """An account's scores, the default one first: its terms, standing and newest forecast, and how earlier ones came.

    `known` is its row of the view `accounts`, with which the default score stands; that one's changes are told beside.
    """
    ids = {"tenant": tenant, "id": known["account"]}
    found = {row["score"]: row for row in read(_OWN, ids)}
    if known.get("health") is not None:
        now = {name: known[f"health_{name}"] for name in ("band", "terms", "scored_at")}
        found[_DEFAULT] = {"score": _DEFAULT, "value": known["health"], **now}
    for row in found.values():
        row |= {"standing": None, "forecast": None, "judged": 0, "held": 0}
        if row["score"] != _DEFAULT:
            row["history"] = []
    for name, sql in (("standing", _STANDING), ("forecast", _FORECAST)):
        for row in read(sql, ids):
            _told(found, row)[name] = row
    for row in read(_JUDGED, ids):
        _told(found, row).update(row)
    for row in read(_HISTORY, ids):
        _told(found, row).setdefault("history", []).append(row)
    return sorted(found.values(), key=lambda row: (row["score"] != _DEFAULT, row["score"]))


def score_versions(read: Read, tenant: str) -> list[Row]:
    """Every rule that a score ever had and since when it holds, in that order by score."""
    found = read(_VERSIONS, {"tenant": tenant})
    return [row | {name: msgspec.json.decode(row[name]) for name in ("weights", "bands")} for row in found]


def _told(found: dict[str, Row], row: Row) -> dict[str, Any]:
    """Where a row about a score belongs; nowhere that is told where the score was retired."""
    return found.get(row.pop("score"), {})
