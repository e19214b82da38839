"""`webhooks`: who hears of alerts, what became of each, and how to mend what was missed."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.alert_limits import MOST_DELIVERIES
from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME
from sinks.webhook.signature import new_private_key, new_secret, public_key

webhooks = typer.Typer(no_args_is_help=True, help="Who hears of alerts, and what became of each.")

Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its `id` in settings.toml.")]

_ENDPOINT_COLUMNS = ("id", "state", "waiting", "failures", "failing_since", "disabled_reason", "shape")
_DELIVERY_COLUMNS = ("endpoint_id", "webhook_id", "kind", "account", "number", "state", "attempts", "reason", "due_at")


@webhooks.command("list")
def list_endpoints(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """Every endpoint of the tenant and how it fares; --json also tells its settings and public keys."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/webhooks")["webhooks"]
    show.rows("webhooks", rows, _ENDPOINT_COLUMNS, for_programs=as_json)


@webhooks.command("deliveries")
def list_deliveries(
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="Only what this one was owed.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_DELIVERIES, help="The newest so many.")] = 50,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """What became of alerts, the newest first."""
    named = {} if endpoint is None else {"endpoint": endpoint}
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/deliveries", limit=limit, **named)["deliveries"]
    show.rows("deliveries", rows, _DELIVERY_COLUMNS, for_programs=as_json)


@webhooks.command("try")
def try_out(
    endpoint: Endpoint,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Send it an alert that means nothing, and say what came back."""
    with connected(home_at(home, log), tenant) as client:
        row = client.post(f"/v1/webhooks/{endpoint}/trial")["delivery"]
    if as_json:
        show.as_json(row)
    elif row["state"] == "delivered":
        show.console.print(f"{endpoint} answered {row['last_status']}: it hears.", highlight=False)
    else:
        why = row["reason"] or "no answer yet"
        show.errors.print(f"{endpoint} did not take it: {why}; it will be tried again as any alert is.", markup=False)
    if row["state"] != "delivered":
        raise typer.Exit(1)


@webhooks.command("enable")
def enable(endpoint: Endpoint, tenant: Tenant = None, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """Give an endpoint that was disabled by its failures another chance, for alerts from now on."""
    with connected(home_at(home, log), tenant) as client:
        client.post(f"/v1/webhooks/{endpoint}/enable")
    show.console.print(f"{endpoint} hears of alerts again. Tell it what it missed:", highlight=False)
    show.console.print(f"  millrace webhooks recover {endpoint} --since INSTANT", highlight=False)


@webhooks.command("recover")
def recover(
    endpoint: Endpoint,
    since: Annotated[str, typer.Option("--since", metavar="INSTANT", help="Such as 2026-11-21T09:00:00+01:00.")],
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Tell an endpoint what was given up or never sent since an instant, as far as it still holds."""
    with connected(home_at(home, log), tenant) as client:
        found = client.post(f"/v1/webhooks/{endpoint}/recover", {"since": since})
    if as_json:
        show.as_json(found)
    else:
        show.console.print(
            f"{found['given_up']} given up and {found['never_sent']} never sent are owed to {endpoint} now.",
            highlight=False,
        )


@webhooks.command("key")
def key(
    private: Annotated[
        bool, typer.Option("--private", help="A private key, of which the receiver gets the public half.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key to sign with; it is kept nowhere but where you put it."""
    made = new_private_key() if private else new_secret()
    told = {"secret": made} | ({"public_key": public_key(made)} if private else {})
    if as_json:
        show.as_json(told)
        return
    typer.echo(made)
    if private:
        show.errors.print(f"for the receiver: {told['public_key']}", markup=False, highlight=False)
