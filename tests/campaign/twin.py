"""What one machine makes of the same journal, undisturbed, and what two home folders show in their tables."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from infra.application import Application
from infra.engines import open_clickhouse_process, open_search_index
from infra.home import Home
from infra.settings import read_settings
from streams.kafka.address import Address


class Shown(NamedTuple):
    """Of each tenant: a digest of each kind's current facts, the rows behind them, and how many texts are indexed."""

    facts: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, Sequence[tuple[str, int, int]]]
    documents: Mapping[str, int]


def millrace(home: Path, *arguments: str) -> str:
    """What a command prints; its failing is an error."""
    command = [sys.executable, "-m", "infra.cli.main", "--home", str(home), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout


def twin_of(log: Address, home: Path, twin: Path, ended_at: int) -> str:
    """Carries the log into a home folder of its own and folds it there; the state hash.

    There it stays `ended_at`, when the log ended: a timer that came due since would write a tick the log has not.
    """
    millrace(twin, "import-log", str(log), "--keys-from", str(home))
    application = Application.open(Home(twin), clock=lambda: ended_at)
    try:
        application.start(fold=False)
        application.runtime.fold_all()
        assert application.drain(), "the twin's sinks did not take everything"
    finally:
        application.stop()
        application.close()
    return millrace(twin, "state-hash").strip()


def shown(folder: Path, tenants: Sequence[str]) -> Shown:
    """Read when nothing else has the folder open."""
    home = Home(folder)
    settings = read_settings(home.settings)
    tables = open_clickhouse_process(home, settings)
    try:
        facts = {tenant: tables.tables_digest(tenant) for tenant in tenants}
        names = [row[0] for row in tables.read("SELECT name FROM system.tables WHERE name LIKE 'facts\\_%'").rows]
        rows = {name: _rows(tables.read(_COUNTED.format(table=name)).rows) for name in sorted(names)}
    finally:
        tables.close()
    index = open_search_index(home, settings)
    try:
        return Shown(facts, rows, {tenant: index.count(tenant) for tenant in tenants})
    finally:
        index.close()


# Rows that the engine keeps, and the different statements among them: more of the first is a doubled fact.
_COUNTED = """
SELECT tenant, count(), uniqExact(generation, fact_id, revision) FROM {table} FINAL
WHERE NOT retracted GROUP BY tenant ORDER BY tenant
"""


def _rows(found: Sequence[Sequence[object]]) -> list[tuple[str, int, int]]:
    return [(str(tenant), int(str(rows)), int(str(facts))) for tenant, rows, facts in found]
