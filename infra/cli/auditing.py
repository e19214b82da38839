"""`audit`: who administered what, and whether the journal still says so."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME, Home

audit = typer.Typer(no_args_is_help=True, help="Acts of administration, and whether any was changed.")

_COLUMNS = ("tenant", "acted_at", "actor", "action", "subject", "detail")


@audit.command("list")
def list_acts(
    newest: Annotated[int, typer.Option("--newest", min=1, max=10_000, help="So many of each tenant.")] = 100,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Who did what, oldest first."""
    found = _asked(home_at(home, log), tenant, {"newest": newest})
    rows = [{"tenant": one["tenant"], **act} for one in found["tenants"] for act in one["newest"]]
    show.rows("acts", rows, _COLUMNS, for_programs=as_json)


@audit.command("verify")
def verify(
    kept: Annotated[
        list[str] | None, typer.Option("--kept", metavar="DIGEST", help="A digest that was kept elsewhere.")
    ] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Whether every act stands as it was written; prints the newest digests, to be kept elsewhere."""
    found = _asked(home_at(home, log), tenant, {"kept": kept or [], "newest": 0})
    if as_json:
        show.as_json(found)
    else:
        for one in found["tenants"]:
            _print(one)
        for digest in found["not_found"]:
            show.errors.print(f"No act has the digest {digest}: what was written up to it was written anew.")
        if found["sound"]:
            show.console.print("Every act stands as it was written. Who can write the journal and access.db can write")
            show.console.print("all of it anew, so keep the digests elsewhere: --kept DIGEST tells whether they hold.")
    if not found["sound"]:
        raise typer.Exit(1)


def _print(one: dict[str, Any]) -> None:
    show.console.print(f"{one['tenant']}: {one['acts']:,} act(s)", highlight=False)
    for chain in one["chains"]:
        show.console.print(f"  {chain['digest']}  act {chain['acts']:,} of chain {chain['chain']}, {chain['acted_at']}")
    for fault in one["faults"]:
        place = f"position {fault['position']}" if fault["position"] else "the end"
        show.errors.print(f"  {one['tenant']}, {place}: {fault['says']}", markup=False)


def _asked(home: Home, tenant: str | None, said: dict[str, Any]) -> dict[str, Any]:
    with connected(home, tenant) as client, show.progress("records") as told:
        return client.operation("/v1/audit", told, said)
