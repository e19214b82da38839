"""What does a real engine answer, with two tenants' rows in one database and one tenant's alone in another?

Runs as a process of its own, since an embedded ClickHouse takes one path for the whole life of a process: questions
come in as lines of JSON, answers leave as lines of JSON.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from typing import Any

from tests.sql_guard.catalog import VIEWS

ACME_TICKETS = """
    ('acme','T1','A1','billing','high','2026-01-01 08:00:00',NULL,4.5,3,['vip','late']),
    ('acme','T2','A1','login','normal','2026-01-03 09:30:00','2026-01-03 12:00:00',8,1,[]),
    ('acme','T3','A2','billing','low','2026-01-04 10:00:00','2026-01-06 10:00:00',2.25,7,['vip']),
    ('acme','T4','A2','export','high','2026-01-05 23:59:59',NULL,9,2,['beta','vip']),
    ('acme','T5','A3','login','normal','2026-02-01 00:00:00',NULL,6.5,4,['beta'])
"""
RIVAL_TICKETS = """
    ('rival','RIVAL-1','A1','RIVAL-billing','high','2026-01-01 08:00:00',NULL,1004.5,1003,['RIVAL-tag']),
    ('rival','RIVAL-2','A2','billing','RIVAL-high','2026-01-02 08:00:00',NULL,1008,1001,['vip','RIVAL-vip']),
    ('rival','RIVAL-3','RIVAL-A','login','normal','2026-03-01 00:00:00','2026-03-02 00:00:00',1009,1004,[])
"""
ACME_ACCOUNTS = """
    ('acme','A1','gold',120000,'2026-06-01',1), ('acme','A2','silver',5000,'2026-09-30',2),
    ('acme','A4','gold',7,'2027-01-01',3)
"""
RIVAL_ACCOUNTS = (
    "('rival','A1','RIVAL-gold',999999,'2026-06-01',1001),('rival','RIVAL-B','gold',888888,'2026-07-01',1002)"
)
ACME_USAGE = (
    "('acme','A1','2025-12-31','calls',5),('acme','A1','2026-01-02','calls',7.5),('acme','A2','2026-01-01','calls',1)"
)
RIVAL_USAGE = "('rival','A1','2026-01-01','RIVAL-calls',1000),('rival','A2','2026-01-03','calls',2000)"
ROWS = {
    "tickets": (ACME_TICKETS, RIVAL_TICKETS),
    "accounts": (ACME_ACCOUNTS, RIVAL_ACCOUNTS),
    "usage_daily": (ACME_USAGE, RIVAL_USAGE),
}


def _prepare(session: Any, database: str, tenants: int) -> None:
    session.query(f"CREATE DATABASE {database}")
    session.query(f"USE {database}")
    for view, columns in VIEWS.items():
        listed = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        session.query(f"CREATE TABLE raw_{view} ({listed}) ENGINE = MergeTree ORDER BY (tenant, {list(columns)[1]})")
        for rows in ROWS[view][:tenants]:
            session.query(f"INSERT INTO raw_{view} VALUES {rows}")
        session.query(f"CREATE VIEW {view} AS SELECT * FROM raw_{view}")
    session.query("CREATE TABLE facts (x UInt32) ENGINE = Memory")
    session.query("INSERT INTO facts VALUES (1), (2)")


def _answer(session: Any, database: str, sql: str, parameters: dict[str, str]) -> tuple[str, str]:
    """The answer or `error N`, and the words of the error."""
    session.query(f"USE {database}")
    try:
        return str(session.query(sql, "JSONCompactEachRow", params=parameters)), ""
    except Exception as error:  # noqa: BLE001 - the engine raises plain exceptions of several kinds
        words = str(error)
        code = re.search(r"Code: (\d+)", words)
        return f"error {code.group(1) if code else 'without a code'}", words


def main() -> None:
    """Prepares both databases, then answers until there are no more questions."""
    session = import_module("chdb.session").Session()
    for database, tenants in (("shared", 2), ("alone", 1)):
        _prepare(session, database, tenants)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(session, **json.loads(line))) + "\n")
        sys.stdout.flush()
    session.close()


if __name__ == "__main__":
    main()
