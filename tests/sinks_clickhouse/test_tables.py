"""Tables, kinds of facts and views say the same, and migrations are applied once."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from schemas.facts import FACT_KINDS
from sinks.clickhouse.columns import table_columns, table_of
from sinks.clickhouse.migrate import MigrationRefused, migrate, migrations_in
from sinks.clickhouse.sink import ClickHouseSink
from sinks.clickhouse.views import VIEWS
from tests.sinks_clickhouse.conftest import MIGRATIONS


def described(sink: ClickHouseSink, table: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in sink.read(f"DESCRIBE TABLE {table}").rows]


@pytest.mark.parametrize("kind", FACT_KINDS, ids=lambda kind: kind.kind)
def test_the_table_of_a_kind_has_its_columns(sink: ClickHouseSink, kind: type) -> None:
    assert described(sink, table_of(kind)) == list(table_columns(kind).items())


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_columns_it_is_said_to_have(sink: ClickHouseSink, view: str) -> None:
    assert described(sink, view) == list(VIEWS[view].items())


def test_there_is_no_table_or_view_that_nobody_declared(sink: ClickHouseSink) -> None:
    there = {row[0] for row in sink.read("SELECT name FROM system.tables WHERE database = currentDatabase()").rows}
    assert there == {table_of(kind) for kind in FACT_KINDS} | set(VIEWS) | {
        "generations",
        "sink_positions",
        "migrations",
    }


def test_each_migration_is_applied_once(sink: ClickHouseSink) -> None:
    with writer_of(sink) as client:
        assert list(migrate(client, MIGRATIONS)) == []
    rows = sink.read("SELECT number, name FROM migrations ORDER BY number").rows
    assert rows == [(each.number, each.name) for each in migrations_in(MIGRATIONS)]


def test_a_new_migration_is_applied_after_the_old_ones(sink: ClickHouseSink, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "sql"))
    number = len(migrations_in(folder)) + 1
    file = folder / f"{number:04}_more.sql"
    file.write_text(
        "-- a; comment;\nCREATE OR REPLACE VIEW one AS SELECT ';' AS x;\nCREATE OR REPLACE VIEW two AS SELECT 2 AS x;\n"
    )
    with writer_of(sink) as client:
        try:
            assert [each.number for each in migrate(client, folder)] == [number]
            assert sink.read("SELECT one.x, two.x FROM one, two").rows == [(";", 2)]
            with pytest.raises(MigrationRefused, match="a newer version wrote it"):
                migrate(client, MIGRATIONS)
        finally:
            client.command("DROP VIEW IF EXISTS one")
            client.command("DROP VIEW IF EXISTS two")
            client.command("DELETE FROM migrations WHERE number > 2")


def test_an_edited_migration_is_refused(sink: ClickHouseSink, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "sql"))
    with (folder / "0002_views.sql").open("a") as file:
        file.write("-- one more line\n")
    says = r"0002_views\.sql is not the 0002_views\.sql that this database has seen"
    with writer_of(sink) as client, pytest.raises(MigrationRefused, match=says):
        migrate(client, folder)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([], "holds no migrations"),
        (["0001_facts.sql", "0003_views.sql"], "stands where number 0002 should"),
        (["facts.sql"], "not named like 0001_facts.sql"),
    ],
)
def test_a_folder_that_is_no_row_of_migrations_is_refused(tmp_path: Path, names: list[str], says: str) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;\n")
    with pytest.raises(MigrationRefused, match=says):
        migrations_in(tmp_path)


def writer_of(sink: ClickHouseSink) -> AbstractContextManager[Client]:
    return sink._connection.writer()  # noqa: SLF001
