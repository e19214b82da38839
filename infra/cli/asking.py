"""Verbs that answer: `accounts`, `account`, `ticket`, `replies`, `why`, `search`, `sql`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from infra.cli import show
from infra.cli.money import money
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME
from infra.reply_limits import LOOKED_AT


def accounts(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")] = 20,
    at_risk: Annotated[
        bool, typer.Option("--at-risk", help="By the recurring revenue at risk, with what can be won back.")
    ] = False,
    lost: Annotated[bool, typer.Option("--lost", help="Those that left, with what spoke for it before.")] = False,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Accounts by risk: the likeliest to leave first, or the most revenue, or those that left."""
    if at_risk and lost:
        raise ValueError("--at-risk are accounts that are still there and --lost those that left: ask for one of them")
    route = "/v1/at-risk" if at_risk else "/v1/lost-accounts" if lost else "/v1/accounts"
    with connected(home_at(home, log), tenant) as client:
        rows = client.get(route, limit=limit)["accounts"]
    if as_json:
        show.as_json(rows)
    elif at_risk or lost:
        told = [_told(row) for row in rows]
        show.table("accounts at risk", told, _AT_RISK) if at_risk else show.table("accounts lost", told, _LOST)
    else:
        show.table("accounts", rows, _BY_RISK)


_BY_RISK = (
    "account",
    "name",
    "tier",
    "plan",
    "health",
    "health_band",
    "churn_probability_90",
    "renewal_at",
    "churned_at",
)
_OF_PROMISES = (
    *("clock", "cycle", "state", "policy", "due_at", "remaining_seconds", "evaluated_at"),
    *("breach_probability", "breached_at"),
)
_OF_TRIAGE = ("triage_category", "triage_probability", "triage_confidence", "triage_priority")
_AT_RISK = ("account", "name", "at_risk", "recurring", "probability_90", "cause", "winnable", "renewal_at", "reasons")
_LOST = ("account", "churned_at", "reason", "recurring", "probability_90", "cause", "winnable", "reasons")
_MOST_REASONS = 3


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its amounts written out, and the strongest reasons for leaving."""
    from processors.churn_cause import is_reason

    currency = row["currency"]
    reasons = sorted((term for term in row["terms"] or () if is_reason(term[0], term[1])), key=lambda term: -term[1])
    told = row | {
        "recurring": money(row["recurring_minor"], currency),
        "reasons": ", ".join(label for label, *_ in reasons[:_MOST_REASONS]),
        "winnable": None if row["winnable_percent"] is None else f"{row['winnable_percent']} %",
    }
    if "at_risk_minor" in row:
        told |= {"at_risk": money(row["at_risk_minor"], currency), "winnable": money(row["winnable_minor"], currency)}
    return told


def account(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """One account: what is known, its tickets, and why its health and risk are what they are."""
    with connected(home_at(home, log), tenant) as client:
        row = client.get(f"/v1/accounts/{quote(id_, safe='')}")
        said = client.get(f"/v1/why/{quote(id_, safe='')}")["explanations"] if not as_json else []
    if as_json:
        show.as_json(row)
        return
    names = ("name", "tier", "plan", "recurring_minor", "currency", "renewal_at", "seats", "health", "health_band")
    show.fields(
        f"account {id_}",
        row,
        (*names, "churn_probability_30", "churn_probability_60", "churn_probability_90", "churned_at"),
    )
    show.table(
        "latest tickets", row["tickets"][:10], ("ticket", "title", "status", "priority", "triage_category", "opened_at")
    )
    for one in said:
        show.explanation(one)


def ticket(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """One ticket: how it stands, its promises, its timeline, like ones that were solved, and why."""
    with connected(home_at(home, log), tenant) as client:
        row = client.get(f"/v1/tickets/{quote(id_, safe='')}")
        said = client.get(f"/v1/why/{quote(id_, safe='')}")["explanations"] if not as_json else []
    if as_json:
        show.as_json(row)
        return
    names = ("title", "account", "status", "priority", "channel", "language", "assignee", "category")
    show.fields(
        f"ticket {id_}",
        row,
        (*names, *_OF_TRIAGE, "opened_at", "solved_at", "conversation_score"),
    )
    if row["also_about"]:
        also = ", ".join(f"{one['category']} ({one['probability']:.0%})" for one in row["also_about"])
        show.fields("also about", {"also_about": also}, ("also_about",))
    show.table("promises", row["clocks"], _OF_PROMISES)
    show.table("timeline", row["timeline"], ("at", "type", "status", "priority", "assignee", "author", "event_id"))
    show.table("like it and solved", row["similar"], ("id", "category", "outcome", "text", "answer"))
    for one in said:
        show.explanation(one)


def replies(
    id_: Annotated[str, typer.Argument(metavar="TICKET")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=LOOKED_AT, help="How many.")] = 5,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """What experts answered on solved tickets like this one, each answer once, and how it ended."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get(f"/v1/replies/{quote(id_, safe='')}", limit=limit)["replies"]
    show.rows(
        f"answers for {id_}", rows, ("score", "outcome", "category", "ticket", "times", "answer"), for_programs=as_json
    )


def why(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Why a ticket or an account is what it is: terms that sum to the number, with the events behind them."""
    with connected(home_at(home, log), tenant) as client:
        said = client.get(f"/v1/why/{quote(id_, safe='')}")["explanations"]
    if as_json:
        show.as_json(said)
        return
    for one in said:
        show.explanation(one)


def search(
    text: Annotated[str, typer.Argument(help="Words to look for.")],
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="ticket, feedback or answer; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many.")] = 10,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tickets, answers and feedback nearest to a text."""
    with connected(home_at(home, log), tenant) as client:
        hits = client.get("/v1/search", q=text, limit=limit, kind=kind or [])["hits"]
    show.rows("found", hits, ("score", "kind", "id", "account", "outcome", "category", "text"), for_programs=as_json)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the views.")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Ask the views: tickets, accounts, sla, feedback, usage_daily, predictions, alerts, dead_letters and more."""
    with connected(home_at(home, log), tenant) as client:
        answer = client.post("/v1/sql", {"sql": query})
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    show.rows(f"{len(rows):,} rows", rows, answer["columns"], for_programs=as_json)
