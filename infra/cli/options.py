"""What every verb takes: the home folder, the tenant, and whether the answer is for a program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.home import Home, HomeError

if TYPE_CHECKING:
    from streams.kafka.address import Address

HomeFolder = Annotated[Path, typer.Option("--home", envvar="MILLRACE_HOME", help="Home folder.")]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", envvar="MILLRACE_TENANT", help="Tenant; may be left out where there is exactly one."),
]
LogAddress = Annotated[
    str | None,
    typer.Option(
        "--log",
        envvar="MILLRACE_LOG",
        help="sqlite:///FILE or kafka://HOST:PORT\\[/PREFIX]; as the settings say, else the home folder's own.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def home_at(folder: Path, log: str | None = None) -> Home:
    """The home folder named, with the log that is asked for."""
    return Home(folder, log or None)


def kafka_log(home: Home, what: str) -> Address:
    """The address of the home folder's log on Kafka. Raises HomeError where it is elsewhere, with `what` needs it."""
    # Loading what reads settings takes a while, which other verbs are spared.
    from infra.log_address import log_of
    from infra.settings import read_settings
    from streams.kafka.address import is_kafka, parse_address

    log = log_of(home, read_settings(home.settings))
    if not is_kafka(log):
        raise HomeError(f"{what} needs a log on Kafka, and this one is {log}: name it with --log kafka://HOST:PORT")
    return parse_address(log)
