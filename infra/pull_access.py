"""What opens the tools' APIs, kept where an operator asked for it: beside the connections, in `access.db`.

What is kept ends with its connection.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from infra.tool_web import Access

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pull_access (
    connection TEXT PRIMARY KEY, address TEXT NOT NULL, user TEXT NOT NULL, token TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS access_ends_with_its_connection AFTER DELETE ON connections
    BEGIN DELETE FROM pull_access WHERE connection = OLD.id; END;
"""


def keep_access(path: Path, connection: str, access: Access) -> None:
    """Keeps what opens a connection's API, in the place of what was kept."""
    row = (connection, access.address, access.user, access.token)
    with closing(_opened(path)) as database, database:
        database.execute("INSERT OR REPLACE INTO pull_access VALUES (?, ?, ?, ?)", row)


def kept_access(path: Path, connection: str) -> Access | None:
    """What was kept for a connection; None where nothing was."""
    with closing(_opened(path)) as database, database:
        row = database.execute(
            "SELECT address, user, token FROM pull_access WHERE connection = ?", (connection,)
        ).fetchone()
    return Access(row[0], user=row[1], token=row[2]) if row else None


def _opened(path: Path) -> sqlite3.Connection:
    """The file, which holds the connections already and only its owner can read."""
    path.touch(mode=0o600, exist_ok=True)
    database = sqlite3.connect(path)
    database.executescript(_SCHEMA)
    return database
