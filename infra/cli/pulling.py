"""The verb `pull`: reads a connected tool's history through its API."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME, HomeError
from schemas.instant import parse_instant

_IN_THE_ENVIRONMENT = "MILLRACE_PULL_TOKEN"
_STANDARD_INPUT = Path("-")

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The tool, or the name of the connection.")]
Address = Annotated[str, typer.Option("--address", help="Where its API is: https://HOST.")]
User = Annotated[str, typer.Option("--user", help="Whose token it is, where the tool asks for that.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help=f"File with the token, - for standard input; else {_IN_THE_ENVIRONMENT} has it, or it is asked for.",
        dir_okay=False,
    ),
]
Since = Annotated[str, typer.Option("--since", metavar="INSTANT", help="Read anew what changed since then.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep what opens the API, so that it need not be said again.")]


def pull(  # noqa: PLR0913, PLR0917 - one for each option
    source: Source,
    address: Address = "",
    user: User = "",
    token_file: TokenFile = None,
    since: Since = "",
    keep: Keep = False,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Read what a connected tool knows, page by page; run again it goes on, and reads only what is new."""
    asked = {
        "source": source,
        "address": address,
        "user": user,
        "token": _token(token_file, address),
        "since": _instant(since) if since else None,
        "keep": keep,
    }
    with connected(home_at(home, log), tenant) as client:
        asked["tenant"] = tenant or _only(client.get("/v1/connections")["connections"])
        with show.progress("reading") as told:
            report = client.operation("/v1/admin/pull", told, asked)
    if as_json:
        show.as_json(report)
    else:
        _tell(report)


def _token(file: Path | None, address: str) -> str:
    """The token out of its file, else of the environment, else asked for; empty for the one that is kept.

    It is no option: a command line stands in shell histories and in lists of processes.
    """
    if file is not None:
        text = sys.stdin.readline() if file == _STANDARD_INPUT else file.read_text(encoding="utf-8")
        if not text.strip():
            raise ValueError(f"{file} holds no token")
        return text.strip()
    said = os.environ.get(_IN_THE_ENVIRONMENT, "").strip()
    if said or not sys.stdin.isatty():
        return said
    words = "Token" if address else "Token (nothing for the one that is kept)"
    return str(typer.prompt(words, default="", hide_input=True, show_default=False, err=True)).strip()


def _instant(said: str) -> int:
    """An instant, or the beginning of a day. Raises ValueError."""
    return parse_instant(f"{said}T00:00:00Z" if len(said) == len("2026-01-31") else said)


def _only(connections: list[dict[str, Any]]) -> str:
    """The tenant that all connections are of. Raises HomeError."""
    tenants = sorted({str(one["tenant"]) for one in connections})
    if len(tenants) != 1:
        known = ", ".join(tenants) or "none has a connection: `millrace connect` makes one"
        raise HomeError(f"say which tenant with --tenant; of those there are: {known}")
    return tenants[0]


def _tell(report: dict[str, Any]) -> None:
    taken = report["accepted"] + report["queued"]
    known = report["known"] + report["duplicate"]
    show.console.print(
        f"{report['rows']:,} row(s) on {report['pages']:,} page(s) of {report['connection']}: "
        f"{taken:,} events are new, {known:,} were known"
    )
    if report["until"] is not None:
        show.console.print(f"All that happened before {report['until']} is read.")
    if report["cursors_gone"]:
        show.errors.print("The tool had forgotten where to go on, so a part was read again.")
    wrong = {name: report[name] for name in ("conflicts", "refused", "undated") if report[name]}
    if wrong:
        told = ", ".join(f"{count:,} {name}" for name, count in wrong.items())
        show.errors.print(f"Not taken: {told}. See `millrace dead-letters list`.")
    if taken:
        show.console.print("Next: `millrace run --until-idle`, unless `millrace serve` runs.")
