"""An invented helpdesk's history, and the ways to write and import it."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import orjson

from schemas.instant import parse_instant
from streams.embedded import Embedded
from streams.history.embedded_door import EmbeddedDoor
from streams.history.file_roles import GivenFile
from streams.history.importing import ImportReport, import_history
from streams.history.mapped import map_history
from streams.history.mapping import Mapping
from streams.history.mapping_file import parse_mapping

TENANT = "hartwell"
NOW = parse_instant("2026-03-01T12:00:00Z")

Rows = Sequence[Sequence[object]]

MAPPING = """
name = "helpdesk"
[table.updates]
case = "case"
account = "site"
missing = ["", "?"]
order = ["edit"]
final_only = ["outcome"]
instant = { column = "saved", format = "%d/%m/%Y %H:%M", zone = "Europe/Berlin" }

[[table.updates.event]]
type = "ticket.opened"
when = { first = true }
fields = { ticket = "case", priority = { column = "prio", map = { "1" = "urgent", "2" = "high" } } }

[[table.updates.event]]
type = "ticket.status_changed"
when = { changed = "state", before = "new", to = ["open", "wait"] }
fields = { ticket = "case", status = { column = "state", map = { open = "open", wait = "pending" } } }

[[table.updates.event]]
type = "ticket.assigned"
when = { changed = ["team", "person"] }
fields = { ticket = "case", group = "team", assignee = "person" }

[[table.updates.event]]
type = "ticket.reopened"
when = { changed = "reopened", rises = true, before = 0 }
fields = { ticket = "case" }

[[table.updates.event]]
type = "ticket.closed"
when = { last = true, where = [{ column = "state", is = "done" }] }
fields = { ticket = "case", code = "outcome" }
"""

COLUMNS = ("case", "site", "saved", "edit", "state", "prio", "team", "person", "reopened", "outcome")
ROWS: Rows = (
    ("T-1", "leeds", "05/01/2026 09:00", 0, "new", 2, "?", "?", 0, "repaired"),
    ("T-1", "leeds", "05/01/2026 09:00", 2, "open", 2, "mechanics", "?", 0, "repaired"),
    ("T-1", "leeds", "05/01/2026 09:00", 10, "wait", 2, "mechanics", "ada", 0, "repaired"),
    # Its rows stand out of order of time.
    ("T-2", "york", "07/01/2026 18:30", 4, "done", 1, "office", "bob", 1, "paid"),
    ("T-2", "york", "06/01/2026 23:59", 3, "open", 1, "office", "bob", 1, "paid"),
    ("T-2", "york", "05/01/2026 08:00", 1, "open", 1, "office", "?", 0, "paid"),
    ("T-2", "york", "05/01/2026 10:00", 2, "done", 1, "office", "?", 0, "paid"),
    ("T-1", "leeds", "08/01/2026 07:15", 11, "done", 2, "mechanics", "?", 0, "repaired"),
)


class Told(NamedTuple):
    """One event as the tables of the tests say it."""

    time: str
    type: str
    account: str | None
    data: dict[str, Any]


def helpdesk() -> Mapping:
    return parse_mapping(MAPPING)


def csv_bytes(rows: Rows, columns: Sequence[str] = COLUMNS, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def written(path: Path, content: bytes, *, packed: bool = False) -> GivenFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if packed else content)
    return GivenFile(path)


def mapped(
    folder: Path, mapping: Mapping, *files: GivenFile, limit: int | None = None, sort_records: int = 100_000
) -> tuple[list[dict[str, Any]], list[str]]:
    """The events in their order, and what is said of the rows that make none."""
    folder.mkdir(parents=True, exist_ok=True)
    sorting = Path(mkdtemp(dir=folder))
    history = map_history(files, mapping, sorting, limit=limit, sort_records=sort_records)
    return [orjson.loads(raw) for _, raw in history.events()], [row.detail for row in history.unmapped()]


def told(events: Sequence[dict[str, Any]]) -> list[Told]:
    return [Told(event["time"], event["type"], event.get("account"), event["data"]) for event in events]


class Desk:
    """An embedded runtime with nothing to fold, at a fixed instant until it is moved."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.now = NOW
        self.runtime = Embedded(home, (), clock=lambda: self.now)
        self.door = EmbeddedDoor(self.runtime)

    def imported(self, *files: GivenFile, mapping: Mapping | None = None, limit: int | None = None) -> ImportReport:
        return import_history(self.door, files, mapping or helpdesk(), TENANT, limit=limit, sort_records=3)

    def journal(self) -> list[tuple[int, bytes]]:
        """Every record's position and bytes, as they lie in the file."""
        with sqlite3.connect(self.home / "millrace.db") as connection:
            rows = connection.execute(
                "SELECT position, value FROM journal WHERE tenant = ? ORDER BY position", (TENANT,)
            )
            found: list[tuple[int, bytes]] = rows.fetchall()
        connection.close()
        return found

    def types(self) -> list[str]:
        return [orjson.loads(value)["type"] for _, value in self.journal()]

    def letters(self) -> list[tuple[str, str, int]]:
        """Every dead letter's reason, detail and number of times."""
        return [(one.reason, one.detail, one.times) for one in self.runtime.log.letters(TENANT)]

    def close(self) -> None:
        self.runtime.close()
