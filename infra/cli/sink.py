"""The verb `sink`: what a log on Kafka says, into one sink, by a process of its own."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import HomeFolder, LogAddress, home_at, kafka_log
from infra.home import DEFAULT_HOME, HomeError

_NAMES = ("clickhouse", "qdrant", "webhooks")


def sink(
    name: Annotated[str, typer.Argument(metavar="clickhouse|qdrant|webhooks", help="Which one to feed.")],
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when the sink holds all that the topics hold.")
    ] = False,
    log: LogAddress = None,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Feed one sink from a log on Kafka, as the home folder's settings describe it.

    Tables and search index on a server may be fed by as many processes as there should be, each with a home folder
    of its own. `millrace serve` feeds what nobody else of its home folder feeds.
    """
    from infra.kafka.feeding import feeding
    from infra.settings import read_settings

    if name not in _NAMES:
        raise HomeError(f"there is no sink {name!r}: one of {', '.join(_NAMES)}")
    folder = home_at(home, log)
    address = kafka_log(folder, "`sink`")
    folder.create()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with feeding(name, folder, read_settings(folder.settings), address) as feed:
        if until_idle:
            feed.wait_until_idle(stop)
        else:
            feed.wait(stop)
        taken = feed.health().rows
    show.errors.print(f"{taken:,} records taken into {name}", markup=False)
