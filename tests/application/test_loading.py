"""Are the processes that are started while a program loads those that it then uses, and only where it will?"""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from infra.application import Application
from infra.home import Home
from infra.loading import load_ahead

HOLDERS = ("sinks.clickhouse.holder", "sinks.qdrant.holder")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def holders() -> dict[int, str]:
    """The children of this process that hold something, by their ids."""
    found: dict[int, str] = {}
    for child in psutil.Process().children():
        try:
            named = [part for part in child.cmdline() if part in HOLDERS]
        except psutil.NoSuchProcess:
            continue
        found |= dict.fromkeys([child.pid] if named else [], "".join(named))
    return found


def test_what_was_started_ahead_is_what_holds_tables_and_index(home: Home) -> None:
    before = holders()
    load_ahead(home)
    load_ahead(home)
    begun = holders().keys() - before.keys()
    assert len(begun) == len(HOLDERS)
    application = Application.open(home)
    try:
        assert holders().keys() - before.keys() == begun
    finally:
        application.close()
    assert not holders().keys() & begun


def test_nothing_is_started_for_servers_and_for_kafka(home: Home) -> None:
    before = holders()
    home.settings.write_text('[clickhouse]\ndsn = "http://127.0.0.1:1"\n[search]\ndsn = "http://127.0.0.1:1"\n')
    load_ahead(home)
    home.settings.write_text('[log]\ndsn = "kafka://127.0.0.1:1"\n')
    load_ahead(home)
    assert holders().keys() == before.keys()
