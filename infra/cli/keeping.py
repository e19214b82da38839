"""Verbs of care: `dead-letters`, `keys`, `schemas`, `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra import doctor as examination
from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME
from schemas.instant import SECOND, format_instant

dead_letters = typer.Typer(no_args_is_help=True, help="Records that could not be taken, and steps that failed.")
keys = typer.Typer(no_args_is_help=True, help="API keys of tenants.")
schemas = typer.Typer(no_args_is_help=True, help="What can be said.")

_INSTANTS = ("created_at", "expires_at", "revoked_at", "used_at")
_LETTER_COLUMNS = ("letter", "reason", "detail", "where", "origin", "times", "kept_at", "redriven_at")


@dead_letters.command("list")
def list_letters(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Every dead letter, oldest first."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/dead-letters")["dead_letters"]
    show.rows("dead letters", rows, _LETTER_COLUMNS, for_programs=as_json)


@dead_letters.command("show")
def show_letter(
    letter: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """One dead letter with its bytes as they came."""
    with connected(home_at(home, log), tenant) as client:
        row = client.get(f"/v1/dead-letters/{letter}")
    if as_json:
        show.as_json(row)
    else:
        show.fields(f"dead letter {letter}", row, (*_LETTER_COLUMNS[1:], "raw"))


@dead_letters.command("redrive")
def redrive(  # noqa: PLR0913, PLR0917 - one for each option
    letters: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="All that wait, if left out.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Only those of this reason.")] = "",
    most: Annotated[int, typer.Option("--max", min=1, help="At most so many.")] = 1_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent again.")] = False,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Send dead letters again, oldest first."""
    asked = {"letters": letters or [], "reason": reason, "most": most, "dry_run": dry_run}
    with connected(home_at(home, log), tenant) as client:
        rows = client.post("/v1/dead-letters/redrive", asked)["redriven"]
    show.rows("sent again", rows, ("letter", "outcome", "detail"), for_programs=as_json)
    if any(row["outcome"] == "refused again" for row in rows):
        raise typer.Exit(1)


@keys.command("create")
def create_key(
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="ingest, read, label or admin; may be repeated.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days until it expires; never if left out.")] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Make a key. It is shown this once."""
    asked = {"scopes": scope or ["ingest", "read"], "name": name, "lifetime_seconds": days and days * 86_400}
    with connected(home_at(home, log), tenant) as client:
        row = client.post("/v1/keys", asked)
    if as_json:
        show.as_json(row)
    else:
        show.console.print(row["key"])
        show.errors.print(f"For tenant {row['tenant']}, scopes {', '.join(row['scopes'])}. It is not shown again.")


@keys.command("list")
def list_keys(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """What is known of each key: everything but the key."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/keys")["keys"]
    if as_json:
        show.as_json(rows)
    else:
        shown = [
            row | {"scopes": ", ".join(row["scopes"])} | {name: _said(row[name]) for name in _INSTANTS} for row in rows
        ]
        show.table("keys", shown, ("hint", "tenant", "scopes", "name", *_INSTANTS))


def _said(instant: int | None) -> str | None:
    return None if instant is None else format_instant(instant - instant % SECOND)


@keys.command("revoke")
def revoke_key(
    hint: Annotated[str, typer.Argument(metavar="HINT")],
    tenant: Tenant = None,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """End a key at once, named by the first letters after mr_live_."""
    with connected(home_at(home, log), tenant) as client:
        client.delete(f"/v1/keys/{hint}")
    show.console.print(f"{hint} is revoked.")


@schemas.command("export")
def export_schemas(directory: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False)]) -> None:
    """Write a JSON Schema for each event and fact, and one AsyncAPI document."""
    from schemas.export import export

    written = export(directory)
    show.console.print(f"{written} files written to {directory}")


def doctor(as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """What is installed, what would not work, and why."""
    findings = examination.examine(home_at(home, log))
    if as_json:
        show.as_json([finding._asdict() for finding in findings])
    else:
        show.table("examination", [finding._asdict() for finding in findings], ("part", "state", "detail"))
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)
