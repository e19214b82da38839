"""Which migrations has a database seen? Numbered SQL files are applied once each, in order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_TABLE = """CREATE TABLE IF NOT EXISTS migrations (
    number UInt32, name String, checksum String, applied_at DateTime('UTC')
)
ENGINE = ReplacingMergeTree ORDER BY number SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"""


class MigrationRefused(RuntimeError):
    """The files and what the database has seen do not fit together; nothing was applied."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: statements that may run again when an earlier try was cut off, since they only create or replace."""

    number: int
    name: str
    checksum: str
    statements: tuple[str, ...]


def migrations_in(folder: Path) -> tuple[Migration, ...]:
    """The folder's migrations in order. Raises MigrationRefused when a name has no number or the numbers leave gaps."""
    files = sorted(folder.glob("*.sql"))
    found: list[Migration] = []
    for expected, file in enumerate(files, start=1):
        named = _NAME.fullmatch(file.name)
        if named is None:
            raise MigrationRefused(f"{file} is not named like 0001_facts.sql: give it the next number")
        if int(named[1]) != expected:
            raise MigrationRefused(
                f"{file} stands where number {expected:04} should: migrations are numbered without gaps"
            )
        text = file.read_text(encoding="utf-8")
        found.append(Migration(expected, named[2], hashlib.sha256(text.encode()).hexdigest(), _statements(text)))
    if not found:
        raise MigrationRefused(f"{folder} holds no migrations: hand in the folder of the numbered .sql files")
    return tuple(found)


def migrate(client: Client, folder: Path) -> Sequence[Migration]:
    """Applies what the database has not seen and returns it. Raises MigrationRefused when a seen file has changed."""
    wanted = migrations_in(folder)
    client.command(_TABLE)
    rows = client.query("SELECT number, name, checksum FROM migrations FINAL ORDER BY number").result_rows
    seen = {number: (name, checksum) for number, name, checksum in rows}
    for migration in wanted:
        name, checksum = seen.pop(migration.number, (migration.name, migration.checksum))
        if (name, checksum) != (migration.name, migration.checksum):
            raise MigrationRefused(
                f"migration {migration.number:04}_{migration.name}.sql is not the {migration.number:04}_{name}.sql "
                "that this database has seen: restore that file and put the change into a new one with the next number"
            )
    if seen:
        number, (name, _) = next(iter(seen.items()))
        raise MigrationRefused(
            f"this database has seen migration {number:04}_{name}.sql, which is not in {folder}: a newer version "
            "wrote it; upgrade, or rebuild it from the journal"
        )
    applied = [migration for migration in wanted if migration.number > len(rows)]
    for migration in applied:
        for statement in migration.statements:
            client.command(statement)
        client.command(
            "INSERT INTO migrations SELECT {number:UInt32}, {name:String}, {checksum:String}, now('UTC')",
            parameters={"number": migration.number, "name": migration.name, "checksum": migration.checksum},
        )
    return applied


def _statements(text: str) -> tuple[str, ...]:
    """The statements of a file: each ends with a semicolon at the end of a line; lines of comment are left out."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return tuple(part.strip() for part in re.split(r";\s*(?:\n|$)", code) if part.strip())
