"""Verbs about who takes which ticket: `queue`, `experts`, `escalations`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME

_OF_TEAMS = ("team", "experts", "online", "tickets", "capacity", "fatigue_percent", "waiting", "due_at")
_Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")]


def queue(
    limit: _Limit = 50,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tickets that wait for an expert, the least time left first, and why nobody could take them."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/queue", limit=limit)["waiting"]
    if as_json:
        show.as_json(rows)
        return
    names = ("ticket", "title", "group_name", "category", "priority", "expected_minutes", "due_at", "queued_at")
    columns = (*names, "reason")
    show.table("waiting for an expert", rows, columns)


def escalations(
    limit: _Limit = 50,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tickets that somebody senior should see, the most points first, with what gave most of them."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/escalations", limit=limit)["escalations"]
    if as_json:
        show.as_json(rows)
        return
    columns = ("ticket", "title", "account", "tier", "priority", "points", "mostly", "escalated_at", "assignee")
    show.table("escalated", [row | {"mostly": _most(row["terms"])} for row in rows], columns)


def _most(terms: list[Any]) -> str:
    """The two reasons with most points."""
    return "; ".join(label for label, _, _ in sorted(terms, key=lambda term: -term[1])[:2])


def experts(
    limit: _Limit = 1_000,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Who helps: what they have in hand, how tired they are, and how decisions for them turned out."""
    with connected(home_at(home, log), tenant) as client:
        said = client.get("/v1/experts", limit=limit)
    if as_json:
        show.as_json(said)
        return
    columns = (
        "expert",
        "group_name",
        "status",
        "in_hand",
        "fatigue_percent",
        "usually_answers_in",
        "right",
        "quality",
        "suspicions",
    )
    show.table("experts", [_shown(row) for row in said["experts"]], columns)
    show.table("teams", said["teams"], _OF_TEAMS)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    usual = row["usual_answer_seconds"]
    return row | {
        "in_hand": f"{row['tickets']} of {row['capacity']}",
        "usually_answers_in": None if usual is None else f"{usual // 60} min",
        "quality": f"{100 * row['passed'] // row['applicable']} %" if row["applicable"] else None,
        "right": f"{row['correct']} of {row['judged']}" if row["judged"] else None,
    }
