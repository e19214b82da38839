"""What every log promises: dense positions, one order a tenant, all of an append or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.database import Database
from streams.failures import JournalDamaged, JournalGap
from streams.log import Letter, Log
from streams.partition import partition_of
from streams.seen_ids import Verdict
from streams.sqlite_log import SqliteLog
from tests.streams.conftest import OpenLog, opening
from tests.streams.records import NOW, written


@pytest.fixture(params=["memory", "sqlite", "kafka"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenLog]:
    """Opens a log of each kind there is."""
    yield from opening(request, tmp_path)


LETTER = Letter("l-1", "acme", "not_json", "cut off", "", "file:1", None, NOW, b"sealed")


def fill(log: Log, **ends: int) -> None:
    """Appends so many records a tenant, the tenants' taking turns."""
    with log.appending() as appending:
        for position in range(1, max(ends.values()) + 1):
            appending.append([written(tenant, position) for tenant, end in ends.items() if position <= end])


def positions(log: Log, tenant: str, after: int = 0, limit: int = 100) -> list[int]:
    return [event.position for event in log.read(tenant, after, limit)]


@pytest.mark.parametrize("partitions", [1, 16])
def test_each_tenant_has_dense_positions_of_its_own(open_log: OpenLog, partitions: int) -> None:
    log = open_log(partitions)
    ends = {f"t{number}": number for number in range(1, 8)}
    fill(log, **ends)
    assert log.partitions == partitions
    assert list(log.tenants()) == sorted(ends)
    for tenant, end in ends.items():
        assert log.end(tenant) == end
        events = log.read(tenant, 0, 100)
        assert [(event.tenant, event.position) for event in events] == [(tenant, n) for n in range(1, end + 1)]


def test_reading_goes_on_after_a_position(open_log: OpenLog) -> None:
    log = open_log()
    fill(log, acme=10)
    assert positions(log, "acme", 0, 3) == [1, 2, 3]
    assert positions(log, "acme", 3, 4) == [4, 5, 6, 7]
    assert positions(log, "acme", 9, 100) == [10]
    assert positions(log, "acme", 10) == []


def test_a_tenant_without_records_is_none(open_log: OpenLog) -> None:
    log = open_log()
    assert (log.end("nobody"), positions(log, "nobody"), log.refusals("nobody")) == (0, [], [])
    assert list(log.tenants()) == []
    assert log.letters("nobody") == []
    assert log.letter("nobody", "l") is None


@pytest.mark.parametrize("position", [0, 1, 2, 4, 9])
def test_a_position_that_does_not_continue_is_a_gap(open_log: OpenLog, position: int) -> None:
    log = open_log()
    fill(log, acme=2)
    with pytest.raises(JournalGap) as gap, log.appending() as appending:
        appending.append([written("other", 1), written("acme", position)])
    assert (gap.value.expected, gap.value.found) == (3, position)
    assert list(log.tenants()) == ["acme"]
    fill_next = written("acme", 3)
    with log.appending() as appending:
        appending.append([fill_next])
    assert positions(log, "acme") == [1, 2, 3]


def test_an_append_that_fails_leaves_nothing(open_log: OpenLog) -> None:
    log = open_log()
    fill(log, acme=1)
    entry = ("acme", "desk", "e-9", b"contents")

    def fail() -> None:
        with log.appending() as appending:
            appending.append([written("acme", 2)])
            appending.remember([entry], NOW, usage=False)
            appending.keep([LETTER])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert positions(log, "acme") == [1]
    assert log.end("acme") == 1
    assert log.letters("acme") == []
    with log.appending() as appending:
        assert appending.verdicts([entry]) == [Verdict.NEW]


def test_ids_are_recognised_by_tenant_source_and_content(open_log: OpenLog) -> None:
    log = open_log()
    with log.appending() as appending:
        appending.remember([("acme", "desk", "e-1", b"content1")], NOW, usage=False)
        appending.remember([("acme", "app", "e-2", b"content2")], NOW, usage=True)
    with log.appending() as appending:
        verdicts = appending.verdicts(
            [
                ("acme", "desk", "e-1", b"content1"),
                ("acme", "desk", "e-1", b"content2"),
                ("acme", "app", "e-1", b"content1"),
                ("other", "desk", "e-1", b"content1"),
                ("acme", "app", "e-2", b"content2"),
            ]
        )
    assert verdicts == [Verdict.DUPLICATE, Verdict.CONFLICT, Verdict.NEW, Verdict.NEW, Verdict.DUPLICATE]


def test_refusals_are_found_among_the_records(open_log: OpenLog) -> None:
    log = open_log()
    refused = written("acme", 2)._replace(
        type="record.refused",
        value=written("acme", 2)
        .value.replace(b"usage.recorded", b"record.refused")
        .replace(
            b'"data":{"name":"report","quantity":2}',
            b'"data":{"refused_position":1,"event_id":"e-1","stepped":"usage.recorded","processor":"usage",'
            b'"processor_version":1,"key":"A/1","reason":"KeyError"}',
        ),
    )
    with log.appending() as appending:
        appending.append([written("acme", 1), refused, written("acme", 3), written("other", 1)])
    assert [event.position for event in log.refusals("acme")] == [2]
    assert log.refusals("other") == []


def test_a_letter_kept_again_is_counted(open_log: OpenLog) -> None:
    log = open_log()
    for at, detail in ((NOW, "cut off"), (NOW + 5, "cut off at 7")):
        with log.appending() as appending:
            appending.keep([LETTER._replace(kept_at=at, detail=detail)])
    log.mark_redriven("acme", "l-1", NOW + 9)
    with log.appending() as appending:
        appending.keep([LETTER._replace(kept_at=NOW + 20), LETTER._replace(kept_at=NOW + 20)])
        appending.keep([LETTER._replace(letter="l-0", kept_at=NOW - 1), LETTER._replace(tenant="other")])
    assert log.letter("acme", "l-1") == LETTER._replace(times=4, redriven_at=NOW + 9)
    assert [letter.letter for letter in log.letters("acme")] == ["l-0", "l-1"]
    assert [letter.letter for letter in log.letters("acme", 1)] == ["l-0"]
    assert log.letters("other") == [LETTER._replace(tenant="other")]


class TestOnDisk:
    """What only a log that lasts can promise."""

    def test_everything_is_there_after_reopening(self, tmp_path: Path) -> None:
        log = SqliteLog(Database(tmp_path / "journal.db"), 4)
        fill(log, acme=3, zoo=2)
        with log.appending() as appending:
            appending.remember([("acme", "desk", "e-1", b"content1")], NOW, usage=False)
            appending.keep([LETTER])
        log.close()
        # The number of partitions is the log's, whatever is asked for later.
        again = SqliteLog(Database(tmp_path / "journal.db"), 16)
        assert again.partitions == 4
        assert positions(again, "acme") == [1, 2, 3]
        assert (again.end("acme"), again.end("zoo")) == (3, 2)
        with again.appending() as appending:
            assert appending.verdicts([("acme", "desk", "e-1", b"content1")]) == [Verdict.DUPLICATE]
            appending.append([written("acme", 4)])
        assert again.letters("acme") == [LETTER]
        again.close()

    def test_records_stand_in_their_tenants_partition(self, tmp_path: Path) -> None:
        log = SqliteLog(Database(tmp_path / "journal.db"), 16)
        tenants = [f"t{number}" for number in range(40)]
        fill(log, **dict.fromkeys(tenants, 1))
        log.close()
        with sqlite3.connect(tmp_path / "journal.db") as connection:
            found = dict(connection.execute("SELECT tenant, partition FROM journal"))
        connection.close()
        assert found == {tenant: partition_of(tenant, 16) for tenant in tenants}
        assert len(set(found.values())) > 8

    @pytest.mark.parametrize(
        "damage",
        [
            "value = CAST(replace(CAST(value AS TEXT), 'report', 'retort') AS BLOB)",
            "checksum = checksum + 1",
        ],
    )
    def test_a_damaged_record_is_noticed_and_named(self, tmp_path: Path, damage: str) -> None:
        log = SqliteLog(Database(tmp_path / "journal.db"))
        fill(log, acme=3)
        log.close()
        with sqlite3.connect(tmp_path / "journal.db") as connection:
            connection.execute(f"UPDATE journal SET {damage} WHERE position = 2")
        connection.close()
        again = SqliteLog(Database(tmp_path / "journal.db"))
        assert positions(again, "acme", 2) == [3]
        with pytest.raises(JournalDamaged, match="acme: the record at position 2"):
            again.read("acme", 0, 10)
        again.close()

    def test_a_record_in_anothers_place_is_noticed(self, tmp_path: Path) -> None:
        log = SqliteLog(Database(tmp_path / "journal.db"))
        fill(log, acme=1)
        log.close()
        with sqlite3.connect(tmp_path / "journal.db") as connection:
            connection.execute("UPDATE journal SET tenant = 'other'")
        connection.close()
        again = SqliteLog(Database(tmp_path / "journal.db"))
        with pytest.raises(Exception, match="other/1 says it is acme/1"):
            again.read("other", 0, 10)
        again.close()
