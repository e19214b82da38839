"""`demand`: how many tickets are expected in the next six hours, and what spiked."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME


def demand(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many spikes.")] = 20,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tickets expected in the six hours after the latest full hour, by topic, and spikes with their evidence."""
    with connected(home_at(home, log), tenant) as client:
        found = client.get("/v1/demand", limit=limit)
    if as_json:
        show.as_json(found)
        return
    expected = found["expected"]
    title = f"tickets from {expected[0]['from_at']} to {expected[0]['until_at']}" if expected else "tickets expected"
    show.table(title, expected, ("topic", "expected", "low", "high", "came"))
    spikes = [row | {"latest": ", ".join(row["event_ids"][-3:])} for row in found["spikes"]]
    show.table("spikes", spikes, ("topic", "began_at", "over_at", "tickets", "expected", "edge", "latest"))
