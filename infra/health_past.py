"""What would an account's scores be at an instant, by any rule, and what did users see then?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from infra.answers import NotFound
from infra.service import Service
from infra.view_rows import Row, rows_of
from processors.account_day import account_day
from processors.health_drivers import GROUPS, Driver
from processors.score_rule import DEFAULT_BANDS, QUARTERS, band_of, counted, default_rule
from processors.settings import DEFAULT_WEIGHTS, ScoreBand, ScoreRule
from schemas.instant import format_instant

_DRIVERS = """
SELECT drivers, changed_at FROM health_drivers
WHERE tenant = {tenant:String} AND account = {account:String} AND toUnixTimestamp64Micro(changed_at) <= {at:Int64}
ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 1
"""
_VERSIONS = """
SELECT score, event_id, holds_from_at, weights, bands, missing, fresh_days, fade_days, retired,
    toUnixTimestamp64Micro(holds_from_at) <= {at:Int64} AS held
FROM health_versions WHERE tenant = {tenant:String} ORDER BY holds_from_at, event_id
"""
# What users saw: the end of the last change before the instant, else the beginning of the next one, else what is now.
_SEEN_DEFAULT = (
    """
SELECT after FROM health_history
WHERE tenant = {tenant:String} AND account = {account:String} AND toUnixTimestamp64Micro(changed_at) <= {at:Int64}
ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 1
""",
    """
SELECT before FROM health_history
WHERE tenant = {tenant:String} AND account = {account:String} AND toUnixTimestamp64Micro(changed_at) > {at:Int64}
ORDER BY changed_at, position, ordinal LIMIT 1
""",
    "SELECT health FROM accounts WHERE tenant = {tenant:String} AND account = {account:String}",
)
_SEEN_OWN = (
    """
SELECT after FROM score_history
WHERE tenant = {tenant:String} AND account = {account:String} AND score = {score:String}
    AND toUnixTimestamp64Micro(changed_at) <= {at:Int64}
ORDER BY changed_at DESC, position DESC, ordinal DESC LIMIT 1
""",
    """
SELECT before FROM score_history
WHERE tenant = {tenant:String} AND account = {account:String} AND score = {score:String}
    AND toUnixTimestamp64Micro(changed_at) > {at:Int64}
ORDER BY changed_at, position, ordinal LIMIT 1
""",
    """
SELECT value FROM scores
WHERE tenant = {tenant:String} AND account = {account:String} AND score = {score:String}
    AND toUnixTimestamp64Micro(said_at) <= {at:Int64}
""",
)
_DEFAULT = "health"


def scores_at(service: Service, tenant: str, account: str, at: int | None, config: str | None) -> list[Row]:
    """Each score as of an instant (now if none), by the drivers known then, beside what users saw.

    By the rules in force then, or by one version: the id of the event that said it, or `default`. Raises NotFound.
    """
    now, _ = service.records.now(tenant, service.clock())
    ids = {"tenant": tenant, "account": account, "at": now if at is None else at}
    told = rows_of(service, _DRIVERS, ids)
    if not told:
        raise NotFound("health of account", account)
    drivers = _drivers(told[0]["drivers"])
    rules = _versions(service, ids)
    chosen = _in_force(rules) if config is None else _named(rules, config)
    return [_reckoned(service, ids, one, drivers, told[0]["changed_at"]) for one in chosen]


def _drivers(text: str) -> dict[str, Driver]:
    found = msgspec.json.decode(text, type=tuple[tuple[str, int, int], ...])
    return {group: Driver(value, (), day) for group, value, day in found}


def _versions(service: Service, ids: Mapping[str, Any]) -> list[Row]:
    """Every version in the order in which they came into force, the default weights first."""
    said = rows_of(service, _VERSIONS, ids)
    default = {"score": _DEFAULT, "event_id": "default", "held": True, "retired": False, "holds_from_at": None}
    return [{**default, "rule": default_rule(DEFAULT_WEIGHTS)}, *[{**row, "rule": _rule(row)} for row in said]]


def _rule(row: Row) -> ScoreRule:
    read = {
        name: dict(msgspec.json.decode(row[name], type=list[tuple[str, Any]]))
        for name in ("weights", "bands", "missing", "fresh_days")
    }
    if row["score"] == _DEFAULT:
        return default_rule(read["weights"])
    bands = tuple([ScoreBand(name, edge) for name, edge in read["bands"].items()]) or DEFAULT_BANDS
    return ScoreRule(row["score"], read["weights"], bands, read["missing"], read["fresh_days"], row["fade_days"])


def _in_force(versions: Sequence[Row]) -> list[Row]:
    # The first weights ever said hold before their time, too, as the fold has it; a score of one's own does not.
    weights = [row for row in versions[1:] if row["score"] == _DEFAULT]
    first = {_DEFAULT: weights[0]} if weights else {_DEFAULT: versions[0]}
    last = first | {row["score"]: row for row in versions[1:] if row["held"]}
    return [last[score] for score in sorted(last) if not last[score]["retired"]]


def _named(versions: Sequence[Row], config: str) -> list[Row]:
    found = [row for row in versions if row["event_id"] == config]
    if not found:
        raise NotFound("version of a score", config)
    return found


def _reckoned(
    service: Service, ids: Mapping[str, Any], version: Row, drivers: Mapping[str, Driver], known_at: str
) -> Row:
    rule: ScoreRule = version["rule"]
    parts = counted(rule, drivers, account_day(ids["account"], ids["at"]))
    quarters = sum(part.points for part in parts.values())
    seen = _seen(service, {**ids, "score": rule.name})
    return {
        "score": rule.name,
        "config": version["event_id"],
        "holds_from_at": version["holds_from_at"],
        "as_of": format_instant(ids["at"]),
        "drivers_since": known_at,
        "value": quarters / QUARTERS,
        "band": band_of(rule, quarters),
        "seen": seen,
        "difference": None if seen is None else quarters / QUARTERS - seen,
        "terms": [
            {"label": f"{group} {parts[group].value}/100", "amount": parts[group].points / QUARTERS} for group in GROUPS
        ],
    }


def _seen(service: Service, ids: Mapping[str, Any]) -> float | None:
    for sql in _SEEN_DEFAULT if ids["score"] == _DEFAULT else _SEEN_OWN:
        rows = service.clickhouse.read(sql, ids).rows
        if rows:
            return None if rows[0][0] is None else float(rows[0][0])
    return None
