"""The verb `demo`: an invented company, played through the log."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import LogAddress
from infra.cli.running import serve
from infra.demo.names import SEED, TENANT
from infra.home import Home, HomeError
from schemas.instant import parse_instant
from streams.kafka.address import is_kafka

MARK = "demo"
_FOLDER = Path("~/.millrace-demo")
DemoFolder = Annotated[
    Path | None, typer.Option("--home", help=f"Folder of the demo; emptied first. \\[default: {_FOLDER}]")
]


def demo(
    context: typer.Context,
    home: DemoFolder = None,
    at: Annotated[
        str | None, typer.Option("--at", help="The instant its days count back from; now if left out.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another company.")] = SEED,
    scale: Annotated[float, typer.Option("--scale", min=0.1, max=10, help="1 is 200 accounts.")] = 1.0,
    exit_after: Annotated[bool, typer.Option("--exit", help="Do not go on serving the console.")] = False,
    log: LogAddress = None,
) -> None:
    """Play an invented company's ninety days, say what was learned, and serve the console."""
    # Loading the engines takes seconds, which other verbs are spared.
    from infra.application import Application
    from infra.demo.run import learned, play
    from streams.embedded import machine_clock

    named = home or _named_before(context) or _FOLDER
    _refuse_kafka(named, log)
    folder = _emptied(named)
    end = machine_clock() if at is None else parse_instant(at)
    clock = machine_clock if at is None else (lambda: end)
    began = time.monotonic()
    application = Application.open(folder, clock=clock)
    try:
        application.start()
        with show.progress("records") as told:
            invented, played = play(application, end, lambda done, total: told(done, total, "taking"), seed, scale)
        with show.progress("catching up") as told:
            application.wait_until_idle(lambda done, total: told(done, total, "folding"))
        took = time.monotonic() - began
        outcome, total = learned(application, invented, played), sum(played.statuses.values())
    finally:
        application.stop()
        application.close()
    show.console.print(f"{total:,} records in {took:.1f} s ({total / took:,.0f}/s), from bytes to answers")
    rows = [{"question": one.question, "found": one.found, "hidden_truth": one.truth} for one in outcome]
    show.table("What was learned, beside what the generator hides", rows, ("question", "found", "hidden_truth"))
    _next_steps(folder)
    if sys.stdout.isatty() and not exit_after and os.environ.get("CI") != "true":
        serve(home=folder.root)


def _named_before(verb: typer.Context) -> Path | None:
    """The folder that the command line names before the verb. MILLRACE_HOME is that of everyday work, not a demo's."""
    return None if verb.parent is None else verb.parent.params.get("home")


def _refuse_kafka(home: Path, log: str | None) -> None:
    from infra.service import NotOnThisLog

    if is_kafka(log or ""):
        raise NotOnThisLog(
            f"`demo` plays in a folder of its own, with a log of its own: run it without --log, then `millrace "
            f"--home {quote(str(home))} export {log}`"
        )


def _emptied(path: Path) -> Home:
    """The demo's own folder, new; a folder that something else lives in is left alone."""
    folder = Home(path)
    if folder.root.exists():
        if any(folder.root.iterdir()) and not (folder.root / MARK).exists():
            raise HomeError(f"{folder.root} holds something that is not a demo: name another folder with --home")
        with folder.locked():
            pass
        shutil.rmtree(folder.root)
    folder.create()
    (folder.root / MARK).touch()
    return folder


def _next_steps(folder: Home) -> None:
    millrace = f"millrace --home {quote(str(folder.root))} --tenant {TENANT}"
    show.console.print("\nNext:")
    for verb in (
        "serve",
        "accounts",
        'search "invoice wrong amount"',
        'sql "SELECT clock, state, count() AS clocks FROM sla GROUP BY clock, state ORDER BY clock, state"',
        "rebuild",
    ):
        show.console.print(f"  {millrace} {verb}", markup=False)
