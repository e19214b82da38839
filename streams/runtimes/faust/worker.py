"""One worker: a process with a folder of its own that folds the partitions it is given, until it is told to end.

Whoever started it tells it so by SIGTERM or by closing its standard input; it says on standard output, in lines of
JSON, when it has begun and which partitions it had to stop. It ends with 0 when it was told to, with `START_AGAIN` when
its next life will do better, else with 1.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, cast

import faust
import msgspec
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]  # published without types

from processors.contract import Processor
from processors.learners.compiled import compile_all
from streams.kafka.address import Address, parse_address
from streams.kafka.failures import BrokerUnreachable, KafkaFailed, WriteFailed
from streams.kafka.presence import await_broker
from streams.kafka.state_topic import prepare_state_topic, state_topic
from streams.runtimes.faust.driver import Driver, PartitionTaken
from streams.runtimes.faust.membership import Membership
from streams.runtimes.faust.settings import START_AGAIN, WorkerSaid, WorkerSettings, worker_group
from streams.runtimes.faust.table import StateTable, state_table
from streams.runtimes.faust.transport import JournalConsumer, use_journal_transport

_LOOK_SECONDS: Final = 0.2
_log = logging.getLogger("millrace.worker")


class WorkerAstray(KafkaFailed):
    """Faust gave up; what it was about to do is done again."""


def worker_app(address: Address, folder: Path, partitions: int, session_seconds: float) -> faust.App:
    """The Faust app: no web server, no agents, and everything by which it finds out that a worker is gone."""
    return faust.App(
        worker_group(address),
        broker=[f"kafka://{broker}" for broker in address.brokers],
        store="rocksdb://?driver=rocksdict",
        Table=StateTable,
        datadir=str(folder),
        web_enabled=False,
        topic_partitions=partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 4,
        broker_request_timeout=max(40.0, 2 * session_seconds),
        broker_rebalance_timeout=max(30.0, session_seconds),
        broker_max_poll_interval=600.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=2 << 20,
        stream_recovery_delay=0.0,
        stream_wait_empty=False,
    )


async def work(
    settings: WorkerSettings, catalog: Sequence[Processor[Any]], stop: asyncio.Event, say: Callable[[WorkerSaid], None]
) -> None:
    """Folds until told to stop. Raises what went wrong."""
    address, folder = parse_address(settings.address), Path(settings.folder)
    if not await asyncio.to_thread(await_broker, address, stop.is_set, _log.warning):
        return
    partitions, topic_id = prepare_state_topic(address)
    forget_other_table(folder, topic_id)
    membership = Membership(folder, address, worker_group(address))
    await membership.leave()
    app = worker_app(address, folder, partitions, settings.session_seconds)
    table = state_table(app, state_topic(address), partitions)
    journal = app.topic(
        address.topic("journal"), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
    driver = Driver(address, catalog, lambda: table, settings.session_seconds)
    await driver.look_around(worker_group(address))
    use_journal_transport(app, driver)
    app.topics.add(journal)
    app.on_partitions_revoked.connect(_let_go(driver), weak=False)

    def begun() -> None:
        membership.remember(app.consumer)
        say(WorkerSaid(begun=True))

    driver.on_begun = begun
    driver.on_stopped = lambda partition, why: say(WorkerSaid(stopped=partition, why=why))
    await _run(app, driver, stop)
    membership.left()


def forget_other_table(folder: Path, topic_id: str) -> None:
    """Removes what was kept of another changelog: where that was deleted, the journal is folded again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = folder / "changelog"
    if known.exists() and known.read_text() == topic_id:
        return
    for kept in folder.iterdir():
        if kept.is_dir():
            _log.warning("%s is of another topic `state` than the one that is there: it is removed", kept)
            shutil.rmtree(kept)
    known.write_text(topic_id)


async def _run(app: faust.App, driver: Driver, stop: asyncio.Event) -> None:
    starting = asyncio.create_task(app.start())
    folding: asyncio.Task[None] | None = None
    try:
        while not stop.is_set() and driver.failure is None and not app.crashed and not app.should_stop:
            if starting.done():
                _require_started(starting)
            if folding is None and app.consumer is not None:
                consumer = cast(JournalConsumer, app.consumer)
                driver.read_from, driver.store_hint = consumer.read_from, consumer.store_hint
                folding = asyncio.create_task(driver.run())
            await asyncio.wait([asyncio.create_task(stop.wait())], timeout=_LOOK_SECONDS)
        await driver.end()
        if folding is not None:
            await folding
    finally:
        await app.stop()
        starting.cancel()
    if driver.failure is not None:
        raise driver.failure
    if app.crashed:
        raise WorkerAstray(f"the worker lost its way with Kafka ({app.crash_reason!r}): it starts again")


def _require_started(starting: asyncio.Task[Any]) -> None:
    try:
        starting.result()
    except KafkaError as error:
        # A broker that was there a moment ago.
        if error.retriable:
            raise WorkerAstray(f"the worker could not begin ({error!r}): it starts again") from error
        raise


def _let_go(driver: Driver) -> Callable[..., Any]:
    async def let_go(*_: object, **__: object) -> None:
        await driver.let_go()

    return let_go


_STARTS_AGAIN: Final = (PartitionTaken, WriteFailed, BrokerUnreachable, WorkerAstray)


def main(catalog: Sequence[Processor[Any]]) -> int:
    """Runs a worker of a catalog; its settings are the process's argument."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    _log.setLevel(logging.INFO)
    # It warns of heartbeats in every rebalance; which partitions come of it, the worker says itself.
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.ERROR)
    settings = msgspec.json.decode(sys.argv[1], type=WorkerSettings)
    compile_all()  # before it has partitions: others wait for its first round
    try:
        asyncio.run(_until_told(settings, catalog))
    except _STARTS_AGAIN as error:
        _log.warning("%s", error)
        return START_AGAIN
    except Exception as error:  # noqa: BLE001 - said on standard error, and by the exit code
        _log.error("%s: %s", type(error).__name__, error, exc_info=_log.isEnabledFor(logging.DEBUG))
        return 1
    return 0


async def _until_told(settings: WorkerSettings, catalog: Sequence[Processor[Any]]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, stop.set)

    def listen() -> None:
        # Ends when whoever started this process closes its end, or dies.
        while os.read(0, 1):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=listen, name="listen", daemon=True).start()
    await work(settings, catalog, stop, _say)


def _say(what: WorkerSaid) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()
