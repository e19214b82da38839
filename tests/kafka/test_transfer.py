"""A log is carried to Kafka, to another number of partitions, and back: it is the same log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.main import app
from processors.catalog import PROCESSORS
from schemas.event import Event
from schemas.instant import DAY, HOUR, MINUTE
from streams.database import Database
from streams.embedded import Embedded, machine_clock
from streams.kafka.address import Address
from streams.kafka.intake import IntakeDoor
from streams.kafka.topics import apply_topics
from streams.kafka.transfer import KafkaSource, KafkaTarget
from streams.log import Letter
from streams.privacy import Privacy
from streams.sqlite_log import SqliteLog
from streams.state_hash import state_hash
from streams.subject_keys import SubjectKeys
from streams.transfer import EmbeddedSource, EmbeddedTarget, TransferRefused, carry
from tests.kafka.sequenced import journal, letters, sequencer
from tests.streams.records import raw, used

TENANTS = ("acme", "zoo", "b-1", "b-2", "b-3")
_MACHINE = machine_clock()
# Accounts' days begin in a day's first hour, and what is reckoned of a day that is over comes an hour after it: until
# some minutes past three an hour of records would have ticks among them, and they are counted here.
NOW = _MACHINE if _MACHINE % DAY > 4 * HOUR else _MACHINE // DAY * DAY - MINUTE


def said(tenant: str, count: int = 40) -> list[bytes]:
    """What a tenant's senders say, some of it not fit to be taken."""
    raws: list[bytes] = []
    for number in range(count):
        ticket = {"ticket": f"T-{number % 7}", "author": "customer", "person": f"p-{number % 3}"}
        text = f"Hello, this is {tenant}{number}@example.com: the invoice is wrong."
        raws.append(used(f"u-{number}", number, at=NOW - HOUR + number * MINUTE, account=f"A-{number % 4}"))
        raws.append(raw("ticket.message_added", ticket | {"text": text}, f"t-{number}", NOW - HOUR + number * MINUTE))
    return [*raws, b"{", used("u-1", 77), b"{"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a history, folded."""
    folder = tmp_path / "home"
    folder.mkdir()
    runtime = Embedded(folder, PROCESSORS, clock=lambda: NOW)
    for tenant in TENANTS:
        runtime.take(tenant, said(tenant), origin="file")
    runtime.fold_all()
    runtime.close()
    return folder


def hash_of(home: Path) -> str:
    runtime = Embedded(home, PROCESSORS, clock=lambda: NOW)
    runtime.fold_all()
    found = state_hash(runtime.store, PROCESSORS)
    runtime.close()
    return found


@pytest.fixture
def log_of_home(home: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(Database(home / "millrace.db"))) as log:
        yield log


def as_said(event: Event) -> dict[str, object]:
    return {name: value for name, value in event.__dict__.items() if name not in ("epoch", "intake")}


def held(log: SqliteLog) -> tuple[dict[str, list[dict[str, object]]], list[Letter]]:
    events = {tenant: [as_said(event) for event in log.read(tenant, 0, 10_000)] for tenant in log.tenants()}
    return events, [letter for tenant in log.tenants() for letter in log.letters(tenant)]


def export(log: SqliteLog, address: Address, folder: Path) -> None:
    apply_topics(address)
    with closing(KafkaTarget(address, folder, machine_clock)) as target:
        target.open()
        carry(EmbeddedSource(log), target)


def test_a_log_goes_all_the_way_round(address: Address, home: Path, tmp_path: Path) -> None:
    """Through two logs on Kafka with other partitions, by the command line, into another home folder."""
    five, three = replace(address, prefix=address.prefix + "a.", partitions=5), replace(address, partitions=3)
    for arguments in (
        ["export", str(five), "--home", str(home)],
        ["export", str(three), "--log", str(five), "--home", str(tmp_path / "home")],
        ["import-log", str(three), "--home", str(tmp_path / "back"), "--keys-from", str(home)],
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        assert "400 records of 5 tenants carried; 10 dead letters." in result.output
    with (
        closing(SqliteLog(Database(home / "millrace.db"))) as old,
        closing(SqliteLog(Database(tmp_path / "back" / "millrace.db"))) as new,
    ):
        assert held(new) == held(old)
    assert hash_of(tmp_path / "back") == hash_of(home)
    # Repeats are known there, and so are conflicts; letters are counted on.
    back = Embedded(tmp_path / "back", PROCESSORS)
    taken = back.take("acme", said("acme"), origin="file")
    assert {one.status for one in taken[:-3]} == {"duplicate"}
    assert [one.reason for one in taken[-3:]] == ["not_json", "conflict", "not_json"]
    assert sorted(letter.times for letter in back.log.letters("acme")) == [2, 4]
    back.close()


def test_a_sequencer_goes_on_where_the_export_ended(address: Address, home: Path, log_of_home: SqliteLog) -> None:
    export(log_of_home, address, home)
    door = IntakeDoor(address, machine_clock)
    door.take("acme", [*said("acme"), used("new")], origin="file")
    door.close()
    with sequencer(address, home) as worker:
        tally = worker.run(until_idle=True)
    assert (tally.written, tally.duplicates, tally.letters) == (1, 80, 3)
    last = journal(address)["acme"][-1]
    assert (last.id, last.position) == ("new", 81)
    kept = {letter.reason: letter for letter in letters(address).values() if letter.tenant == "acme"}
    assert {reason: letter.times for reason, letter in kept.items()} == {"not_json": 4, "conflict": 2}


@pytest.mark.parametrize("checkpoints", ["kept", "lost"])
def test_an_interrupted_export_goes_on(address: Address, home: Path, log_of_home: SqliteLog, checkpoints: str) -> None:
    apply_topics(address)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    reports = []
    for _ in range(len(TENANTS)):
        with closing(KafkaTarget(address, home, machine_clock)) as target:
            target.open()
            with pytest.raises(KeyboardInterrupt):
                carry(EmbeddedSource(log_of_home, at_once=60), target, interrupt)
        if checkpoints == "lost":
            shutil.rmtree(home / "sequencer")
    for _ in range(2):
        with closing(KafkaTarget(address, home, machine_clock)) as target:
            target.open()
            reports.append(carry(EmbeddedSource(log_of_home), target))
    assert reports[0].records < 400
    assert (reports[1].tenants, reports[1].records, reports[1].letters) == (5, 0, 10)
    events, kept = held(log_of_home)
    assert {tenant: [as_said(one) for one in found] for tenant, found in journal(address).items()} == events
    assert sorted(letters(address).values()) == sorted(kept)


def test_another_history_is_not_carried_over_one(
    address: Address, home: Path, log_of_home: SqliteLog, tmp_path: Path
) -> None:
    export(log_of_home, address, home)
    other = Embedded(tmp_path, PROCESSORS)
    other.take("acme", [used(f"other-{number}") for number in range(100)])
    with pytest.raises(TransferRefused, match="tenant acme: position 80 holds 't-39' there and 'other-79' here"):
        export(other.log, address, tmp_path)
    other.close()


def test_an_older_log_is_not_carried_over_a_newer_one(
    address: Address, home: Path, log_of_home: SqliteLog, tmp_path: Path
) -> None:
    export(log_of_home, address, home)
    shutil.copytree(home, tmp_path / "newer")
    with closing(SqliteLog(Database(tmp_path / "newer" / "millrace.db"))) as log:
        privacy = Privacy(SubjectKeys.open(tmp_path / "newer"))
        runtime = Embedded(tmp_path / "newer", PROCESSORS)
        runtime.take("acme", [used("more")])
        with (
            closing(KafkaSource(address)) as source,
            pytest.raises(TransferRefused, match="tenant acme: 81 records are there, and only 80 come"),
        ):
            carry(source, EmbeddedTarget(log, privacy))
        runtime.close()
        privacy.close()


def test_a_log_is_not_carried_to_where_its_keys_are_not(
    address: Address, home: Path, log_of_home: SqliteLog, tmp_path: Path
) -> None:
    export(log_of_home, address, home)
    result = CliRunner().invoke(app, ["import-log", str(address), "--home", str(tmp_path / "back")])
    assert isinstance(result.exception, TransferRefused)
    assert "--keys-from" in str(result.exception)
