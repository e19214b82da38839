"""The verb `sequencer`: intake topics into the journal, by as many processes as are started."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, home_at, kafka_log
from infra.home import DEFAULT_HOME
from infra.settings import read_settings
from streams.collector import look_for_cycles_seldom

if TYPE_CHECKING:
    from streams.kafka.address import Address
    from streams.kafka.sequencer import Tally

_TOLD_EVERY_SECONDS = 10.0


def sequencer(
    log: LogAddress = None,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when all of the intake is taken, and nothing more came.")
    ] = False,
    accept_lost: Annotated[
        bool, typer.Option("--accept-lost", help="Go on where the intake was cut before it was taken.")
    ] = False,
    as_json: AsJson = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Turn the intake topics into the journal: check, drop repeats, protect people, stamp, wake whom a timer is due.

    Start as many as there should be: they share the partitions out and take over for one that ends, however it ends.
    All of them need one home folder, which holds the keys that people's words are sealed with (keys.db, keys.root)
    and what each partition was read up to.
    """
    from infra.embedding import meanings_of
    from streams.embedded import machine_clock
    from streams.kafka.sequencer import Sequencer
    from streams.privacy import Privacy
    from streams.subject_keys import SubjectKeys

    look_for_cycles_seldom()
    folder = home_at(home, log)
    address = kafka_log(folder, "a sequencer")
    folder.create()
    meanings = meanings_of(read_settings(folder.settings))
    if meanings is not None:
        meanings.ready()  # before any record is taken without
    if not _awaited(address):
        return
    with (
        closing(Privacy(SubjectKeys.open(folder.root))) as privacy,
        closing(Sequencer(address, folder.root, privacy, machine_clock, accept_lost=accept_lost)) as worker,
    ):
        privacy.meanings = meanings
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: worker.stop())
        tally = worker.run(until_idle=until_idle, told=_Teller(quiet=as_json).tell)
    if as_json:
        show.as_json(asdict(tally))
    else:
        show.console.print(_said(tally))


def _awaited(address: Address) -> bool:
    """Whether a broker is there, before this is told to end."""
    from streams.kafka.presence import await_broker

    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return await_broker(address, stop.is_set, show.errors.print)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Teller:
    """Says now and then what was done."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._told_at = time.monotonic()
        self._told = ""

    def tell(self, tally: Tally) -> None:
        if self._quiet or time.monotonic() - self._told_at < _TOLD_EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        said = _said(tally)
        if said != self._told:
            show.errors.print(said)
            self._told = said


def _said(tally: Tally) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in asdict(tally).items())
