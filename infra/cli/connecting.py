"""Verbs that connect tools: `connectors` lists them, `connect SOURCE` says what to paste where in their settings."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, Tenant, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME, Home
from streams.connectors.catalog import CONNECTORS
from streams.connectors.contract import Connector
from streams.connectors.pull_catalog import PULLER_OF

connect = typer.Typer(no_args_is_help=True, help="Let a tool push: one verb a source, and what is done to connections.")

_COLUMNS = ("id", "tenant", "source", "label", "scheme", "secrets", "enabled", "path")
_STANDARD_INPUT = "-"

Secret = Annotated[
    str, typer.Option("--secret", envvar="MILLRACE_SECRET", help="The tool's secret; - reads standard input.")
]
PublicUrl = Annotated[
    str, typer.Option("--public-url", envvar="MILLRACE_PUBLIC_URL", help="Where others reach this: https://HOST.")
]

Label = Annotated[str | None, typer.Option("--label", help="Its name in ids; the source's, if left out.")]
SchemeName = Annotated[str, typer.Option("--scheme", help="Another of its signature schemes.")]
AccountField = Annotated[
    str, typer.Option("--account-field", help="Property in which the tool keeps your account ids.")
]
Accounts = Annotated[Path | None, typer.Option("--accounts", dir_okay=False, help="CSV of the tool's ids and yours.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", metavar="WORD=STATUS", help="What a status of the tool means.")
]
VendorAccount = Annotated[
    str, typer.Option("--vendor-account", help="The tool's id of the only account that may speak.")
]


def connectors(as_json: AsJson = False) -> None:
    """The tools that can push, how they sign, and what to paste where in their settings."""
    rows = [described(connector) for connector in CONNECTORS]
    if as_json:
        show.as_json(rows)
        return
    shown = [row | {"pulled": row["pulled_at"] is not None} for row in rows]
    show.table("connectors", shown, ("name", "title", "signature", "event_time", "answers_within_seconds", "pulled"))
    for connector in CONNECTORS:
        show.console.print(f"\n[bold]{escape(connector.title)}[/bold]  millrace connect {connector.name} --tenant NAME")
        # What each connection has of its own is told when it is made.
        _print_steps(connector, {"url": "ADDRESS", "secret": "SECRET", "id": "ID"})
        _print_pull(connector)


def described(connector: Connector) -> dict[str, Any]:
    """Everything a connector declares, for programs."""
    puller = PULLER_OF.get(connector.name)
    return {
        "name": connector.name,
        "title": connector.title,
        "signature": connector.schemes[0].says,
        "schemes": {scheme.name: scheme.says for scheme in connector.schemes},
        "secret_from": connector.keyed_by,
        "dedupes_by": connector.dedupes,
        "event_time": connector.event_time,
        "ordering": connector.ordering,
        "handshake": connector.handshake,
        "answers_within_seconds": connector.limit_seconds,
        "largest_body_bytes": connector.largest_body_bytes,
        "tries_again_after_status": connector.overloaded,
        "steps": list(connector.steps),
        "pulled_at": None if puller is None else puller.address,
        "pulled_with": None if puller is None else puller.brings,
    }


@connect.command("list")
def list_connections(
    tenant: Tenant = None, as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME
) -> None:
    """The connections there are, without their secrets."""
    with connected(home_at(home, log), tenant) as client:
        rows = client.get("/v1/connections")["connections"]
    show.rows("connections", rows, _COLUMNS, for_programs=as_json)


@connect.command("rotate")
def rotate(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    secret: Secret = "",
    keep_hours: Annotated[
        int, typer.Option("--keep-hours", min=0, max=720, help="How long the old one signs yet.")
    ] = 24,
    tenant: Tenant = None,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Give a connection its tool's secret, or another one; the one before signs for a while yet."""
    asked = {"secret": _secret(secret), "keep_seconds": keep_hours * 3_600}
    with connected(home_at(home, log), tenant) as client:
        row = client.post(f"/v1/connections/{id_}/secrets", asked)
    if as_json:
        show.as_json(row)
        return
    _print_secret(row)
    show.console.print(f"{row['label']} of {row['tenant']} takes {row['secrets']} secret(s) now.")


@connect.command("remove")
def remove(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = None,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """End a connection at once."""
    with connected(home_at(home, log), tenant) as client:
        client.delete(f"/v1/connections/{id_}")
    show.console.print(f"{id_} is removed. Take the address out of the tool's settings, too.")


@connect.command("enable")
def enable(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    off: Annotated[bool, typer.Option("--off", help="Stop taking requests, and keep the connection.")] = False,
    tenant: Tenant = None,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Let a connection take requests again, or stop it with --off."""
    with connected(home_at(home, log), tenant) as client:
        client.post(f"/v1/connections/{id_}", {"enabled": not off})
    show.console.print(f"{id_} is {'stopped' if off else 'taking requests'}.")


@dataclass(frozen=True, slots=True)
class _Maker:
    """The verb `connect SOURCE` of one connector."""

    connector: Connector

    def __call__(  # noqa: PLR0913, PLR0917 - one for each option
        self,
        secret: Secret = "",
        label: Label = None,
        scheme: SchemeName = "",
        public_url: PublicUrl = "",
        account_field: AccountField = "account_id",
        accounts: Accounts = None,
        status: Statuses = None,
        vendor_account: VendorAccount = "",
        tenant: Tenant = None,
        as_json: AsJson = False,
        log: LogAddress = None,
        home: HomeFolder = DEFAULT_HOME,
    ) -> None:
        asked = {
            "source": self.connector.name,
            "label": label,
            "secret": _secret(secret),
            "scheme": scheme,
            "public_url": public_url,
            "account_field": account_field,
            "vendor_account": vendor_account,
            "accounts": _accounts(accounts),
            "statuses": _statuses(status or []),
        }
        folder = home_at(home, log)
        with connected(folder, tenant) as client:
            row = client.post("/v1/connections", asked)
        row["url"] = _base(folder, public_url) + row["path"]
        if as_json:
            show.as_json(row | {"steps": _steps(self.connector, row)})
            return
        _print_secret(row)
        show.console.print(f"[bold]{escape(self.connector.title)}[/bold] pushes to {escape(row['url'])}")
        _print_steps(self.connector, row)
        if not public_url:
            show.errors.print("That is this machine's own address: say with --public-url where others reach it.")


for _connector in CONNECTORS:
    connect.command(_connector.name, help=f"Let {_connector.title} push.")(_Maker(_connector).__call__)


def _base(home: Home, public_url: str) -> str:
    """Where others reach this, as far as that is known."""
    serving = home.serving()
    return public_url.rstrip("/") or (serving.address if serving is not None else "http://HOST:PORT")


def _secret(said: str) -> str:
    return sys.stdin.readline().strip() if said == _STANDARD_INPUT else said


def _accounts(file: Path | None) -> dict[str, str]:
    """The tool's ids and ours, two columns a line. Raises ValueError naming the line."""
    if file is None:
        return {}
    found: dict[str, str] = {}
    with file.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.reader(lines), 1):
            if len(row) != 2 or not row[0].strip() or not row[1].strip():
                raise ValueError(f"{file}, line {number}: two columns are expected, the tool's id and yours")
            found[row[0].strip()] = row[1].strip()
    return found


def _statuses(said: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in said:
        word, equals, status = one.rpartition("=")
        if not equals or not word:
            raise ValueError(f"--status {one!r} reads WORD=STATUS, for example 4=closed")
        found[word] = status
    return found


def _steps(connector: Connector, row: Mapping[str, Any]) -> list[str]:
    """What to paste where, with the connection's own values where they are known."""
    known = {"{url}": row.get("url"), "{secret}": row.get("secret") or "(the secret)", "{id}": row.get("id")}
    steps = list(connector.steps)
    for place, value in known.items() if row else ():
        steps = [step.replace(place, str(value)) for step in steps]
    return steps


def _print_steps(connector: Connector, row: Mapping[str, Any]) -> None:
    for number, step in enumerate(_steps(connector, row), 1):
        show.console.print(f"  {number}. {escape(step)}", soft_wrap=True)


def _print_pull(connector: Connector) -> None:
    puller = PULLER_OF.get(connector.name)
    if puller is not None:
        where = "" if puller.has_one_address else f" --address {puller.address}"
        show.console.print(f"  History: millrace pull {puller.source} --tenant NAME{escape(where)}", soft_wrap=True)
        show.console.print(f"  It takes {escape(puller.brings)}.", soft_wrap=True)


def _print_secret(row: Mapping[str, Any]) -> None:
    if row.get("secret"):
        show.console.print(row["secret"])
        show.errors.print("This secret is not shown again.")
