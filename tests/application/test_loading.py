"""Are the processes that are started while a program loads those that it then uses, and only where it will?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from infra.application import Application
from infra.home import Home
from infra.loading import load_ahead

HOLDERS = {"sinks.clickhouse.holder", "sinks.qdrant.holder"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def holders() -> set[int]:
    """The ids of this process's children that hold something."""
    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if not HOLDERS.isdisjoint(child.cmdline()):
                found.add(child.pid)
    return found


def test_what_was_started_ahead_is_what_holds_tables_and_index(home: Home) -> None:
    before = holders()
    load_ahead(home)
    load_ahead(home)
    begun = holders() - before
    assert len(begun) == len(HOLDERS)
    application = Application.open(home)
    try:
        assert holders() - before == begun
    finally:
        application.close()
    assert not holders() & begun


def test_nothing_is_started_for_servers_and_for_kafka(home: Home) -> None:
    before = holders()
    home.settings.write_text('[clickhouse]\ndsn = "http://127.0.0.1:1"\n[search]\ndsn = "http://127.0.0.1:1"\n')
    load_ahead(home)
    home.settings.write_text('[log]\ndsn = "kafka://127.0.0.1:1"\n')
    load_ahead(home)
    assert holders() == before
