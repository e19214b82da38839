"""A home folder as it stood at an instant: the journal as far as it was known, folded anew in a folder of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from infra.application import Application
from infra.home import AsOf, Home, HomeError, owner_only
from infra.log_address import existing_file, log_of
from infra.operations import Operations
from infra.service import OnProgress
from infra.settings import LogSettings, Settings, read_settings
from replay.as_of import KnownBy, Reading, known_records
from schemas.instant import format_instant
from schemas.system import BackfillEnded
from streams.database import Database
from streams.embedded import Embedded, machine_clock
from streams.kafka.address import is_kafka, parse_address
from streams.sqlite_log import JournalFile
from streams.transfer import written_anew

_UNFINISHED = ".unfinished"


class _Journal(Reading, Protocol):
    def tenants(self) -> Sequence[str]: ...


class Made(NamedTuple):
    """What the new folder holds: the instant it stands at, and the records of each tenant that were known by then."""

    folder: str
    as_of: str
    records: dict[str, int]


def make_as_of(home: Home, at: int, folder: Path, tenants: Sequence[str] = (), told: OnProgress | None = None) -> Made:
    """Makes `folder`, which must not be there or be empty, out of all tenants' journals, or of these tenants'.

    The home folder is only read, also while it is served. Nobody is alerted, settings and keys stay where they are.
    The new folder is there when it is whole, and not before. Raises HomeError.
    """
    now = home.stands_at() or machine_clock()
    if at > now:
        raise HomeError(f"{format_instant(at)} is still to come: name an instant of the past")
    with owner_only(), _unfinished(folder) as begun, _journal_of(home) as (journal, log, partitions):
        chosen = _chosen(journal, tenants)
        settings = Settings(log=LogSettings(partitions=partitions))
        with closing(Application(begun, settings, clock=lambda: at)) as application:
            records = {tenant: _copy(journal, tenant, at, application.runtime, told) for tenant in chosen}
            if not any(records.values()):
                raise HomeError(f"nothing was known by {format_instant(at)}: name a later instant")
            _fold(application, told)
        said = AsOf(format_instant(at), log)
        begun.as_of.write_bytes(msgspec.json.encode(said))
    return Made(str(folder), said.at, records)


@contextmanager
def _unfinished(folder: Path) -> Iterator[Home]:
    """A folder beside the one that is wanted, which becomes it when all went well and is gone otherwise."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HomeError(f"{folder} is there already: name a folder that is not")
    # What a process that was killed left behind is of its own id, and nobody's to take away.
    begun = Home(folder.with_name(f"{folder.name}{_UNFINISHED}-{os.getpid()}"))
    begun.create()
    try:
        yield begun
        begun.root.replace(folder)
    finally:
        shutil.rmtree(begun.root, ignore_errors=True)


@contextmanager
def _journal_of(home: Home) -> Iterator[tuple[_Journal, str, int]]:
    """The journal, its address and its number of partitions."""
    log = log_of(home, read_settings(home.settings))
    if is_kafka(log):
        # Loading Kafka's client is for those who have a log there.
        from streams.kafka.log import KafkaLog

        with closing(KafkaLog(parse_address(log))) as kafka:
            yield kafka, log, kafka.partitions
        return
    with closing(Database(existing_file(log))) as database:
        journal = JournalFile(database)
        yield journal, log, journal.partitions()


def _chosen(journal: _Journal, tenants: Sequence[str]) -> Sequence[str]:
    known = journal.tenants()
    unknown = [tenant for tenant in tenants if tenant not in known]
    if unknown:
        raise HomeError(f"nobody has said anything as {unknown[0]!r}; there are {', '.join(known) or 'no tenants'}")
    return tenants or known


def _copy(journal: Reading, tenant: str, at: int, runtime: Embedded, told: OnProgress | None) -> int:
    """Writes what was known of a tenant into the runtime's log; how many records."""
    known, copied = KnownBy(at), 0
    for records in known_records(journal, tenant, known):
        with runtime.log.appending() as appending:
            appending.append([written_anew(record) for record in records])
        copied += len(records)
        if told is not None:
            told("copying", copied, copied)
    if known.backfill is not None:
        # As if the history had ended there: what was due by then fires.
        ended = BackfillEnded(name=known.backfill, records=copied)
        runtime.record(tenant, ended, id=f"as-of-{at}", occurred_at=at)
    return copied


def _fold(application: Application, told: OnProgress | None) -> None:
    def progress(done: int, total: int) -> None:
        if told is not None:
            told("folding", done, total)

    application.start(fold=False)
    try:
        Operations(application).run_until_idle(progress)
    finally:
        application.stop()
