"""Verbs of Kafka: `kafka up|down|status`, a broker of this machine, and `topics`, what the log is made of."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, home_at
from infra.home import DEFAULT_HOME, HomeError
from infra.kafka.broker import Broker
from schemas.topics import TOPICS

kafka = typer.Typer(no_args_is_help=True, help="A Kafka broker of this machine, for development and trials.")
topics = typer.Typer(invoke_without_command=True, help="The topics of the log: what they hold, and for how long.")

KafkaLogAddress = Annotated[
    str, typer.Option("--log", envvar="MILLRACE_LOG", help="kafka://HOST:PORT, with /PREFIX and ?partitions=16.")
]


@kafka.command()
def up(home: HomeFolder = DEFAULT_HOME) -> None:
    """Start the broker, unless it runs; its bootstrap address is the last line printed."""
    before = time.monotonic()
    running = _broker(home).up()
    show.errors.print(f"Kafka is ready after {time.monotonic() - before:.1f} s; its data: {home_at(home).kafka}")
    show.console.print(running.bootstrap, markup=False, highlight=False, soft_wrap=True)


@kafka.command()
def down(home: HomeFolder = DEFAULT_HOME) -> None:
    """Stop the broker that was started here, and no other; its data stays."""
    show.console.print("stopped" if _broker(home).down() else "it was not running")


@kafka.command()
def status(as_json: AsJson = False, home: HomeFolder = DEFAULT_HOME) -> None:
    """Whether the broker runs, and where. Exits with 1 where it does not."""
    broker = _broker(home)
    running = broker.running()
    row = {
        "state": "down" if running is None else "up" if broker.answers() else "starting",
        "bootstrap": None if running is None else running.bootstrap,
        "process_id": None if running is None else running.process_id,
        "folder": str(broker.folder),
    }
    if as_json:
        show.as_json(row)
    else:
        show.fields("kafka", row, tuple(row))
    if row["state"] != "up":
        raise typer.Exit(1)


@topics.callback()
def list_topics(context: typer.Context, as_json: AsJson = False) -> None:
    """The topics of the log: what they hold, and for how long."""
    if context.invoked_subcommand is not None:
        return
    rows = [asdict(topic) for topic in TOPICS]
    if as_json:
        show.as_json(rows)
    else:
        show.table("topics", rows, tuple(rows[0]))


@topics.command()
def apply(log: KafkaLogAddress = "", as_json: AsJson = False) -> None:
    """Make the topics that are missing and compare the others; nothing is ever deleted.

    Exits with 1 where a topic differs in what only a person may change.
    """
    from streams.kafka.address import is_kafka, parse_address
    from streams.kafka.topics import apply_topics

    if not is_kafka(log):
        raise HomeError("topics are a matter of a log on Kafka: name it with --log kafka://HOST:PORT, or MILLRACE_LOG")
    reports = [report._asdict() for report in apply_topics(parse_address(log))]
    show.rows("topics", reports, ("topic", "outcome", "detail"), for_programs=as_json)
    if any(report["outcome"] == "differs" for report in reports):
        raise typer.Exit(1)


def _broker(home: HomeFolder) -> Broker:
    return Broker(home_at(home).kafka)
