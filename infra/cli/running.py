"""Verbs that fold and prove: `run`, `serve`, `rebuild`, `state-hash`."""

from __future__ import annotations

import signal
import threading
import time
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, home_at
from infra.client import connected
from infra.home import DEFAULT_HOME

# What every sink has is forgotten by the outbox this often.
_TRIMMED_EVERY_SECONDS = 60.0


def run(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when nothing waits and the sinks have it.")
    ] = False,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Fold what waits. Without --until-idle it goes on until Ctrl-C, like `serve` without the console's address."""
    if not until_idle:
        serve(home=home)
        return
    with connected(home_at(home, log), None) as client, show.progress("records") as told:
        result = client.operation("/v1/admin/run", told)
    if as_json:
        show.as_json(result)
    else:
        show.console.print(f"{result['folded']:,} records folded; every sink has them.")


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="Port; 0 takes a free one.")] = None,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Take, fold and answer until Ctrl-C: HTTP, the console, timers and webhooks."""
    from infra.loading import load_ahead
    from infra.settings import read_settings

    folder = home_at(home, log)
    folder.create()
    load_ahead(folder)
    from infra.server import served

    http = read_settings(folder.settings).http
    changes = {"host": host or http.host, "port": http.port if port is None else port}
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with served(folder, http.model_copy(update=changes), fold=True, announced=True) as address:
        show.console.print(f"Console: {address.url}/#token={address.token}")
        show.console.print("Ctrl-C ends it; nothing acknowledged is lost.")
        trimmed_at = time.monotonic()
        while not stop.wait(1.0):
            if time.monotonic() - trimmed_at > _TRIMMED_EVERY_SECONDS:
                address.application.tidy()
                trimmed_at = time.monotonic()
            if address.application.fold_failure is not None:
                raise address.application.fold_failure


def rebuild(
    accept_refusals: Annotated[
        bool, typer.Option("--accept-refusals", help="Go on where a step raises that the journal does not know of.")
    ] = False,
    as_json: AsJson = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Throw every cache away and fold the journal again; says whether state and tables are the same."""
    with connected(home_at(home, log), None) as client, show.progress("records") as told:
        proof = client.operation("/v1/admin/rebuild", told, accept_refusals=str(accept_refusals).lower())
    if as_json:
        show.as_json(proof)
    else:
        show.console.print(f"records folded  {proof['records']:,}")
        show.console.print(f"state hash old  {proof['old_hash']}")
        show.console.print(f"state hash new  {proof['new_hash']}")
        tables = "equal" if not proof["differing_tables"] else "differ: " + ", ".join(proof["differing_tables"])
        show.console.print(f"tables          {tables}")
    for refusal in proof["refusals"]:
        show.errors.print(f"left out: {refusal}")
    if proof["refusals"] and not accept_refusals:
        show.errors.print("Nothing was replaced: correct the processor, or run with --accept-refusals.")
        raise typer.Exit(1)
    if not proof["equal"]:
        show.errors.print("The rebuild says something else than before: a processor was changed, or the caches were.")
        raise typer.Exit(1)


def state_hash(as_json: AsJson = False, log: LogAddress = None, home: HomeFolder = DEFAULT_HOME) -> None:
    """Print one SHA-256 of everything that is folded."""
    with connected(home_at(home, log), None) as client:
        answer = client.get("/v1/admin/state-hash")
    if as_json:
        show.as_json(answer)
    else:
        show.console.print(answer["state_hash"])
