"""Verbs about promises: `sla why`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME

sla = typer.Typer(no_args_is_help=True, help="Promises and how their time was counted.")

_SECOND_US = 1_000_000


@sla.callback()
def _group() -> None:
    """Promises and how their time was counted."""


@sla.command("why")
def why(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Every clock of a ticket, segment by segment: what counted, what did not, by which rule and event."""
    with connected(home_at(home, log), tenant) as client:
        clocks = client.get(f"/v1/sla/{quote(ticket, safe='')}")["clocks"]
    if as_json:
        show.as_json(clocks)
        return
    if not clocks:
        show.console.print(f"ticket {ticket}: nothing is promised", markup=False)
    for one in clocks:
        show.fields(f"{one['clock']} {one['cycle'] + 1}: {one['state']}", one | _summed(one), _FIELDS)
        show.table("segments", [_segment(segment) for segment in one["segments"]], _COLUMNS)


_FIELDS = (
    "group",
    "policy",
    "policy_by",
    "calendar",
    "calendar_by",
    "target_seconds",
    "counted_seconds",
    "due_at",
    "breached_at",
    "evaluated_at",
)
_COLUMNS = ("from", "until", "counted_seconds", "skipped_seconds", "rule", "event_id")


def _summed(clock: dict[str, Any]) -> dict[str, Any]:
    return {"counted_seconds": f"{clock['elapsed_us'] / _SECOND_US:.6f}"}


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    counted = segment["counted_us"] / _SECOND_US
    skipped = 0.0 if segment["counted_us"] else segment["seconds"]
    return segment | {"counted_seconds": f"{counted:.6f}", "skipped_seconds": f"{skipped:.6f}"}
