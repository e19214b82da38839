"""Verbs that move a whole log: `export` to Kafka, `import-log` from Kafka into a home folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli import show
from infra.cli.options import AsJson, HomeFolder, LogAddress, home_at
from infra.home import DEFAULT_HOME, Home, HomeError

if TYPE_CHECKING:
    from streams.kafka.address import Address
    from streams.transfer import Report, Source

_STAGE = "records"


def export(
    target: Annotated[str, typer.Argument(metavar="kafka://HOST:PORT", help="Where to: \\[/PREFIX][?partitions=16].")],
    log: LogAddress = None,
    as_json: AsJson = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Carry the log to Kafka: ids, order, positions and times stay, dead letters go along.

    Topics that are missing are made. Run again after an interruption it goes on where it was; run again later it
    carries what came in since. Neither a sequencer nor another export may write to the same topics meanwhile. A log
    on Kafka (--log) is carried to another one, with another prefix or another number of partitions.

    People's words stay sealed as they are. The keys are not carried: run `millrace sequencer` with this home folder,
    or with a copy of its keys.db and keys.root; without them no original can be read any more.
    """
    from streams.embedded import machine_clock
    from streams.kafka.address import is_kafka, parse_address
    from streams.kafka.topics import apply_topics
    from streams.kafka.transfer import KafkaTarget
    from streams.transfer import carry

    address = _kafka_address(target)
    # No log is carried to itself: where MILLRACE_LOG names the target already, the home folder's own log is meant.
    folder = home_at(home, None if log and is_kafka(log) and parse_address(log) == address else log)
    folder.require()
    with ExitStack() as closing_, show.progress(_STAGE) as told:
        source = closing_.enter_context(_source(folder))
        differing = [report for report in apply_topics(address) if report.outcome == "differs"]
        if differing:
            raise HomeError(f"the topic {differing[0].topic} is not as it must be: {differing[0].detail}")
        kafka = closing_.enter_context(closing(KafkaTarget(address, folder.root, machine_clock)))
        kafka.open()
        report = carry(source, kafka, lambda done, total: told(done, total, _STAGE))
    _tell(report, as_json=as_json)
    if not as_json:
        show.console.print(f"Next: `millrace sequencer --log {address}` with this home folder, for it has the keys.")


def import_log(
    source: Annotated[
        str, typer.Argument(metavar="kafka://HOST:PORT", envvar="MILLRACE_LOG", help="Where from: \\[/PREFIX].")
    ],
    keys_from: Annotated[
        Path | None, typer.Option("--keys-from", help="Home folder of the sequencers, whose keys are copied here.")
    ] = None,
    as_json: AsJson = False,
    home: HomeFolder = DEFAULT_HOME,
) -> None:
    """Carry a log on Kafka into this home folder: ids, order, positions and times stay, dead letters go along.

    Run again after an interruption it goes on where it was. What was carried is folded by the next `millrace run`.

    People's words are sealed with the keys of the sequencers' home folder. They must lie here before anything is
    carried: --keys-from copies its keys.db and keys.root, unless this folder has keys already.
    """
    from streams.database import Database
    from streams.kafka.transfer import KafkaSource
    from streams.privacy import Privacy
    from streams.sqlite_log import SqliteLog
    from streams.subject_keys import SubjectKeys
    from streams.transfer import EmbeddedTarget, carry

    address, folder = _kafka_address(source), home_at(home)
    folder.create()
    with ExitStack() as closing_, show.progress(_STAGE) as told:
        closing_.enter_context(folder.locked())
        if keys_from is not None:
            copy_keys(keys_from.expanduser(), folder.root)
        kafka = closing_.enter_context(closing(KafkaSource(address)))
        privacy = closing_.enter_context(closing(Privacy(SubjectKeys.open(folder.root))))
        log = closing_.enter_context(closing(SqliteLog(Database(folder.journal), address.partitions)))
        report = carry(kafka, EmbeddedTarget(log, privacy), lambda done, total: told(done, total, _STAGE))
    _tell(report, as_json=as_json)
    if not as_json:
        show.console.print("Next: `millrace run --until-idle`.")


def copy_keys(source: Path, target: Path) -> None:
    """Copies the key store of one folder into another that has none. Raises HomeError where the first has none."""
    from streams.key_files import create_private
    from streams.subject_keys import DATABASE_NAME, ROOT_KEY_NAME

    if (target / ROOT_KEY_NAME).exists():
        return
    if not (source / ROOT_KEY_NAME).exists():
        raise HomeError(f"{source} holds no {ROOT_KEY_NAME}: name the home folder that the sequencers run with")
    create_private(target / DATABASE_NAME)
    with (
        closing(sqlite3.connect(f"file:{source / DATABASE_NAME}?mode=ro", uri=True)) as kept,
        closing(sqlite3.connect(target / DATABASE_NAME)) as copied,
    ):
        kept.backup(copied)
    # Last: a folder with a root key has all of its keys.
    create_private(target / f"{ROOT_KEY_NAME}.new")
    (target / f"{ROOT_KEY_NAME}.new").write_bytes((source / ROOT_KEY_NAME).read_bytes())
    (target / f"{ROOT_KEY_NAME}.new").replace(target / ROOT_KEY_NAME)


@contextmanager
def _source(folder: Home) -> Iterator[Source]:
    """The log of a home folder, which nobody else may have open where it lies in it."""
    from infra.log_address import existing_file, log_of
    from infra.settings import read_settings
    from streams.database import Database
    from streams.kafka.address import is_kafka, parse_address
    from streams.kafka.transfer import KafkaSource
    from streams.sqlite_log import SqliteLog
    from streams.transfer import EmbeddedSource

    said = log_of(folder, read_settings(folder.settings))
    if is_kafka(said):
        with closing(KafkaSource(parse_address(said))) as kafka:
            yield kafka
        return
    file = existing_file(said)
    with folder.locked(), closing(SqliteLog(Database(file))) as log:
        yield EmbeddedSource(log)


def _kafka_address(said: str) -> Address:
    from streams.kafka.address import parse_address

    return parse_address(said)


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        show.as_json(report._asdict())
        return
    before = f", {report.there_before:,} were there before" if report.there_before else ""
    show.console.print(
        f"{report.records:,} records of {report.tenants:,} tenants carried{before}; {report.letters:,} dead letters."
    )
