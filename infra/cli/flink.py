"""Verbs of Flink: `flink up|down|status`, a cluster of this machine, and `flink submit|stop`, what it folds."""

from __future__ import annotations

import signal
import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins

from infra.cli import show
from infra.cli.kafka import KafkaLogAddress
from infra.cli.options import AsJson, HomeFolder, home_at
from infra.cli.worker import Sinks, feed_sinks
from infra.flink.cluster import Cluster
from infra.home import DEFAULT_HOME, HomeError

if TYPE_CHECKING:
    from infra.flink.jobs import Jobs

flink = typer.Typer(no_args_is_help=True, help="A Flink cluster of this machine, and the job that folds a journal.")


class PythonMode(StrEnum):
    """Where the cluster runs Python."""

    thread = "thread"
    process = "process"


Parallelism = Annotated[int, typer.Option("--parallelism", min=1, max=128, help="Subtasks that share the tenants.")]
Mode = Annotated[PythonMode, typer.Option("--mode", help="Python in the task manager, or in processes beside it.")]


@flink.command()
def up(
    task_managers: Annotated[int, typer.Option("--task-managers", min=1, max=16, help="How many processes fold.")] = 1,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Start what does not run of the cluster; the address of its job manager is the last line printed."""
    before = time.monotonic()
    running = _cluster(home).up(task_managers)
    show.errors.print(f"Flink is ready after {time.monotonic() - before:.1f} s")
    show.console.print(running.address, markup=False, highlight=False, soft_wrap=True)


@flink.command()
def down(home: HomeFolder = DEFAULT_HOME) -> None:
    """Stop the processes that were started here, and no others; a job submitted again goes on from its checkpoint."""
    show.console.print("stopped" if _cluster(home).down() else "it was not running")


@flink.command()
def status(as_json: AsJson = False, home: HomeFolder = DEFAULT_HOME) -> None:
    """Which processes of the cluster run. Exits with 1 where its job manager does not."""
    running = _cluster(home).running()
    rows = [{"name": one.name, "process_id": one.process_id} for one in running.members] if running else []
    if as_json:
        show.as_json({"address": running.address if running else None, "members": rows})
    else:
        show.table(running.address if running else "down", rows, ("name", "process_id"))
    if running is None:
        raise typer.Exit(1)


@flink.command()
def submit(
    log: KafkaLogAddress = "",
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when the journal is folded to its end and the sinks have it.")
    ] = False,
    sinks: Sinks = True,
    parallelism: Parallelism = 1,
    mode: Mode = PythonMode.thread,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Fold the journal of a log on Kafka on the cluster, from where the last job of this log stood.

    Without --until-idle the job goes on until `millrace flink stop`; its id is the last line printed. With it, the home
    folder's own sinks are fed by this command, unless another process feeds them, and those elsewhere are waited for.
    """
    jobs = _jobs(log, home)
    if not until_idle:
        show.console.print(jobs.submit(parallelism, mode.value), markup=False, highlight=False)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs.run_until_idle(parallelism, mode.value, stop.is_set)
    if sinks and not stop.is_set():
        feed_sinks(home_at(home), log, stop)


@flink.command()
def replay(
    log: KafkaLogAddress = "",
    generation: Annotated[int | None, typer.Option("--generation", min=0, help="Say facts, as this one's.")] = None,
    accept_refusals: Annotated[
        bool, typer.Option("--accept-refusals", help="Go on where a step raises that the journal does not know of.")
    ] = False,
    parallelism: Parallelism = 1,
    mode: Mode = PythonMode.thread,
    as_json: AsJson = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Fold a journal on Kafka from its beginning to its present end, apart from everything else, and tell the hashes.

    Nothing is written, except facts where a generation is named.
    """
    results = _jobs(log, home).replay(parallelism, mode.value, generation=generation, accept_refusals=accept_refusals)
    rows = [to_builtins(one) for one in results]
    show.rows("replayed", rows, ("tenant", "position", "hash"), for_programs=as_json)
    for one in results:
        for step in one.left_out:
            show.errors.print(f"left out: {step}", markup=False)


@flink.command()
def stop(log: KafkaLogAddress = "", home: HomeFolder = DEFAULT_HOME) -> None:
    """Fold what was read, tell the state hashes, keep the state and end the job."""
    show.console.print("stopped" if _jobs(log, home).stop() else "no job folds this log")


def _cluster(home: HomeFolder) -> Cluster:
    return Cluster(home_at(home).root / "flink")


def _jobs(log: str, home: HomeFolder) -> Jobs:
    from infra.flink.jobs import Jobs
    from streams.kafka.address import is_kafka, parse_address

    if not is_kafka(log):
        raise HomeError("Flink folds a journal on Kafka: name the log with --log kafka://HOST:PORT, or MILLRACE_LOG")
    return Jobs(_cluster(home), parse_address(log))
