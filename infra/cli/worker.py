"""`millrace worker`: fold a journal on Kafka with so many processes."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.kafka import KafkaLogAddress
from infra.cli.options import HomeFolder, home_at
from infra.home import DEFAULT_HOME, Home, HomeError

Sinks = Annotated[
    bool, typer.Option("--sinks/--no-sinks", help="With --until-idle: whether the sinks are fed and waited for.")
]


def worker(
    log: KafkaLogAddress = "",
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="How many processes.")] = 1,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when the journal is folded to its end and the sinks have it.")
    ] = False,
    sinks: Sinks = True,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Fold the journal of a log on Kafka: say what follows, and save it. No server listens.

    Start as many as there should be, on as many machines: they share the partitions out and take over for one that
    ends, however it ends. What they keep in the home folder is a cache of the topic `state`.

    With --until-idle the home folder's own tables, search index and webhooks are fed by this command, unless another
    process feeds them, and every sink that runs elsewhere is waited for. Without, start `millrace sink` beside it.
    """
    from infra.workers import Workers
    from streams.kafka.address import is_kafka, parse_address

    if not is_kafka(log):
        raise HomeError("workers fold a journal on Kafka: name the log with --log kafka://HOST:PORT, or MILLRACE_LOG")
    folder = home_at(home)
    folder.create()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    running = Workers(parse_address(log), folder.root / "workers", workers)
    try:
        if until_idle:
            running.run_until_idle(stop.is_set)
        else:
            running.run(stop.is_set)
    finally:
        running.stop()
    stopped = running.stopped
    for partition, why in sorted(stopped.items()):
        show.errors.print(f"partition {partition}: {why}", markup=False)
    if until_idle and sinks and not stop.is_set():
        feed_sinks(folder, log, stop)
    if stopped:
        raise typer.Exit(1)


def feed_sinks(home: Home, log: str, stop: threading.Event) -> None:
    """Returns when every sink holds what was said, or when told to."""
    from infra.kafka.catching_up import catch_up
    from infra.settings import read_settings
    from streams.kafka.address import parse_address

    catch_up(home, read_settings(home.settings), parse_address(log), stop, show.errors.print)
