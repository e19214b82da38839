"""Verbs about health: `health show`, `health rollup`, `health versions`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import Client, connected
from infra.home import DEFAULT_HOME

_VERSION = ("score", "event_id", "holds_from_at", "weights", "bands", "missing", "fresh_days", "fade_days", "retired")

health = typer.Typer(no_args_is_help=True, help="Scores of accounts: at any time, by any rule, and rolled up.")


class By(StrEnum):
    """What scores are rolled up by."""

    PARENT = "parent"
    PRODUCT = "product"
    REGION = "region"


@health.command("show")
def show_scores(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    as_of: Annotated[str, typer.Option("--as-of", help="Instant, such as 2026-03-01T12:00:00Z; now if absent.")] = "",
    config: Annotated[
        str, typer.Option("--config", help="One version: its event id from `health versions`, or `default`.")
    ] = "",
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Every score of an account at an instant, by the rules of then or by one version, beside what was seen."""
    asked = {name: value for name, value in (("as_of", as_of), ("config", config)) if value}
    with connected(home_at(home, log), tenant) as client:
        rows = client.get(f"/v1/health/{quote(account, safe='')}", **asked)["scores"]
    if as_json:
        show.as_json(rows)
        return
    show.table(f"scores of {account}", rows, ("score", "value", "band", "seen", "difference", "config", "as_of"))
    for row in rows:
        show.table(f"{row['score']}: points", row["terms"], ("label", "amount"))


@health.command("rollup")
def rollup(
    by: Annotated[By, typer.Option("--by", help="What accounts are put together by.")],
    score: Annotated[str, typer.Option("--score", help="Which score.")] = "health",
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Scores of accounts together, weighted by recurring revenue, one line for each currency, the lowest first."""
    columns = (by.value, "currency", "value", "accounts", "without_revenue", "recurring_minor")
    # Both names are ours: the view is one of three.
    sql = f"SELECT score, {', '.join(columns)}, weighted_quarters FROM health_by_{by.value} "  # noqa: S608
    sql += f"ORDER BY value ASC NULLS LAST, {by.value}, currency"
    with connected(home_at(home, log), tenant) as client:
        rows = [row for row in _table(client, sql) if row["score"] == score]
    show.rows(f"{score} by {by.value}", rows, columns, for_programs=as_json)


@health.command("versions")
def versions(
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Every rule that scores ever had, and since when it holds."""
    with connected(home_at(home, log), tenant) as client:
        rows = _table(client, f"SELECT {', '.join(_VERSION)} FROM health_versions ORDER BY score, holds_from_at")  # noqa: S608
    show.rows("rules of scores", rows, _VERSION, for_programs=as_json)


def _table(client: Client, sql: str) -> list[dict[str, Any]]:
    answer = client.post("/v1/sql", {"sql": sql})
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
